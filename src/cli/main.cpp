// The program bdglm: verbs, help, exit codes.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <new>

#include "bdglm/error.hpp"
#include "bdglm/version.hpp"
#include "cli/config.hpp"
#include "cli/console.hpp"
#include "cli/options.hpp"
#include "cli/program.hpp"
#include "cli/verbs.hpp"
#include "cli/words.hpp"

namespace {

using bdglm::cli::UsageError;

const CLI::App* verb_named(const CLI::App& app, const std::string& name) {
  for (const CLI::App* verb : app.get_subcommands({}))
    if (verb->get_name() == name) return verb;
  return nullptr;
}

/// The arguments with `help VERB` as `VERB --help`, and with those of a configuration file.
std::vector<std::string> completed(const CLI::App& app, std::vector<std::string> arguments) {
  if (arguments[0] == "help") {
    arguments.erase(arguments.begin());
    arguments.emplace_back("--help");
  }
  if (const CLI::App* verb = verb_named(app, arguments[0])) return bdglm::cli::with_config(*verb, std::move(arguments));
  // Said before CLI11 sees it, whose --help would win over a verb that does not exist.
  if (arguments[0].rfind('-', 0) != 0) throw UsageError(bdglm::cli::unknown_verb(app, arguments[0]));
  return arguments;
}

/// The status, or a failure where what was printed could not be written.
int status_when_written(int status) {
  std::cout.flush();
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout.good()) return status;
  std::cerr << "bdglm: cannot write to standard output" << (errno != 0 ? std::string(": ") + std::strerror(errno) : "")
            << '\n';
  return bdglm::cli::kExitFailed;
}

}  // namespace

int bdglm::cli::run_program(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on the size of files comes back as an error of the write
  end_at_signals();
  CLI::App app{"Bayesian deep-net GLMs and GLMMs", "bdglm"};
  app.set_version_flag("--version", std::string("bdglm ") + kVersion);
  app.require_subcommand(1);
  cli::Action action;
  cli::add_fit(app, action);
  cli::add_summary(app, action);
  cli::add_predict(app, action);
  cli::add_evaluate(app, action);
  cli::add_effects(app, action);
  cli::add_importance(app, action);
  cli::add_report(app, action);
  cli::add_loo(app, action);
  cli::add_compare(app, action);
  cli::add_check(app, action);
  cli::add_resume(app, action);
  cli::add_update(app, action);
  cli::add_devices(app, action);
  cli::add_completion(app, action);
  cli::add_manual(app, action);
  const auto wrong_usage = [&](const std::string& message) {
    const bool verb = verb_named(app, argv[1]) != nullptr;
    std::cerr << "bdglm: " << message << "\nRun 'bdglm " << (verb ? std::string(argv[1]) + " " : "") << "--help' for "
              << (verb ? "its options" : "the verbs") << ".\n";
    return cli::kExitUsage;
  };
  if (argc == 1) {
    std::cerr << app.help();
    return cli::kExitUsage;
  }
  try {
    std::vector<std::string> arguments = completed(app, {argv + 1, argv + argc});
    std::reverse(arguments.begin(), arguments.end());
    app.parse(arguments);
    cli::check_values(app);
    return status_when_written(action());
  } catch (const CLI::Success& success) {
    return status_when_written(app.exit(success));
  } catch (const CLI::ParseError& error) {
    return wrong_usage(cli::usage_message(app, error));
  } catch (const UsageError& error) {
    return wrong_usage(error.what());
  } catch (const Error& error) {
    std::cerr << "bdglm: " << cli::with_options(error.what()) << '\n';
  } catch (const std::bad_alloc&) {
    std::cerr << "bdglm: not enough memory; use fewer --chains, narrower layers, or a machine with more\n";
  } catch (const std::exception& error) {
    std::cerr << "bdglm: " << error.what() << '\n';
  }
  // Not by way of the libraries' ends, of which OpenBLAS's waits for threads that wait for memory.
  std::cout.flush();
  std::fflush(nullptr);
  std::_Exit(cli::kExitFailed);
}
