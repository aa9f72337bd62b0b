// bdglm summary and devices.
#include <iostream>
#include <memory>

#include "cli/console.hpp"
#include "cli/verbs.hpp"

namespace bdglm::cli {

void add_summary(CLI::App& app, Action& action) {
  struct Arguments {
    std::string file;
    bool json = false, all = false;
  };
  auto a = std::make_shared<Arguments>();
  CLI::App* verb = app.add_subcommand("summary", "Print the posterior of a fit's parameters");
  verb->add_option("file", a->file, "Fit file")->required();
  verb->add_flag("--json", a->json, "Print JSON");
  verb->add_flag("--all", a->all, "Include every group's random effects");
  verb->callback([a, &action] {
    action = [a] {
      const FitReader file(a->file);
      const std::vector<ParameterSummary> parameters = summarise_fit(file, a->all);
      if (a->json)
        std::cout << summary_json(file, parameters).dump(1) << '\n';
      else
        print_summary(file, parameters);
      std::cout.flush();
      print_warnings(file, parameters);
      return 0;
    };
  });
}

void add_devices(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("devices", "List the devices that fits can run on");
  verb->callback([&action] {
    action = [] {
      for (const std::string& line : list_devices()) std::cout << line << '\n';
      return 0;
    };
  });
}

}  // namespace bdglm::cli
