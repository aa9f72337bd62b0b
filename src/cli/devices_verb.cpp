// bdglm devices.
#include <iostream>

#include "cli/options.hpp"
#include "cli/verbs.hpp"
#include "compute/backend.hpp"

namespace bdglm::cli {

void add_devices(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("devices", "List the devices that fits can run on");
  verb->callback([&action] {
    action = [] {
      for (const std::string& line : list_devices()) std::cout << with_options(line) << '\n';
      return 0;
    };
  });
}

}  // namespace bdglm::cli
