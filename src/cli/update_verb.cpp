// bdglm update.
#include <memory>

#include "api/update_job.hpp"
#include "cli/data_arguments.hpp"
#include "cli/run_arguments.hpp"
#include "cli/verbs.hpp"
#include "fitfile/fit_file.hpp"

namespace bdglm::cli {

void add_update(CLI::App& app, Action& action) {
  struct Arguments : RunArguments {
    std::string file;
    DataArguments data;
  };
  auto a = std::make_shared<Arguments>();
  CLI::App* verb = app.add_subcommand("update", "Take the posterior of a fit as the prior of new rows");
  verb->add_option("file", a->file, "Fit file")->required();
  add_data(*verb, a->data, "Table of the new rows alone, with the columns of the fit's formula", true);
  add_run_options(*verb, *a);
  verb->callback([a, verb, &action] {
    read_run_options(*verb, *a);
    action = [a] {
      check_other_file(a->file, a->out);
      return run_verb(
          *a, [&](const Watch&) { return make_update_job(FitReader(a->file), a->data.read().table(), a->run); });
    };
  });
}

}  // namespace bdglm::cli
