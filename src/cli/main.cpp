// The program bdglm: verbs, configuration files, exit codes.
#include <algorithm>
#include <iostream>
#include <new>

#include "bdglm/base/error.hpp"
#include "bdglm/base/version.hpp"
#include "cli/verbs.hpp"

namespace {

/// Arguments with those of `--config FILE` put in for options that the command line does not have.
std::vector<std::string> with_config(std::vector<std::string> arguments) {
  std::string path;
  for (std::size_t k = 0; k < arguments.size(); ++k) {
    if (arguments[k].rfind("--config=", 0) == 0)
      path = arguments[k].substr(9);
    else if (arguments[k] == "--config" && k + 1 < arguments.size())
      path = arguments[k + 1];
  }
  if (path.empty()) return arguments;
  for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_file(path)) {
    const std::string option = "--" + item.name;
    if (!item.parents.empty() && item.parents != std::vector<std::string>{"fit"}) continue;
    const bool given = std::any_of(arguments.begin(), arguments.end(),
                                   [&](const std::string& a) { return a == option || a.rfind(option + "=", 0) == 0; });
    if (given || item.name == "++" || item.name == "--") continue;
    if (item.name == "quiet" || item.name == "json") {
      if (item.inputs == std::vector<std::string>{"true"}) arguments.push_back(option);
      continue;
    }
    for (const std::string& value : item.inputs) arguments.push_back(option + "=" + value);
  }
  return arguments;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace bdglm;
  CLI::App app{"Bayesian deep-net GLMs and GLMMs", "bdglm"};
  app.set_version_flag("--version", std::string("bdglm ") + kVersion);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::help);
  cli::Action action;
  cli::add_fit(app, action);
  cli::add_summary(app, action);
  cli::add_predict(app, action);
  cli::add_evaluate(app, action);
  cli::add_resume(app, action);
  cli::add_devices(app, action);
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return std::string("bdglm: ") + error.what() + "\nRun 'bdglm --help' or 'bdglm VERB --help' for the options.\n";
  });
  try {
    std::vector<std::string> arguments = with_config({argv + 1, argv + argc});
    std::reverse(arguments.begin(), arguments.end());
    app.parse(arguments);
    return action();
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : cli::kExitUsage;
  } catch (const Error& error) {
    std::cerr << "bdglm: " << error.what() << '\n';
  } catch (const std::bad_alloc&) {
    std::cerr << "bdglm: not enough memory; use fewer --chains, narrower layers, or a machine with more\n";
  } catch (const std::exception& error) {
    std::cerr << "bdglm: " << error.what() << '\n';
  }
  return cli::kExitFailed;
}
