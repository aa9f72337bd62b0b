// bdglm summary.
#include <cstdio>
#include <iostream>
#include <memory>

#include "cli/console.hpp"
#include "cli/verbs.hpp"
#include "fitfile/fit_file.hpp"
#include "report/summary.hpp"

namespace bdglm::cli {
namespace {

/// Where a fit without draws stands, and how it goes on.
void print_standing(const FitReader& file, const std::string& path) {
  const Spec& spec = file.spec();
  const auto sweeps = spec.at("progress").at("sweeps").get<long long>();
  const auto warmup = spec.at("run").at("warmup").get<long long>();
  const bool going_on = file.being_written();
  std::printf("no draws yet: %s ", going_on ? "the run is" : "stopped");
  if (sweeps == 0)
    std::printf("in the warm start");
  else if (sweeps <= warmup)
    std::printf("in the warm-up after %lld of %lld sweeps", sweeps, warmup);
  else
    std::printf("%lld sweeps after the warm-up, before the first kept one", sweeps - warmup);
  if (!going_on) std::printf("; continue with: bdglm resume %s", path.c_str());
  std::printf("\n");
}

}  // namespace

void add_summary(CLI::App& app, Action& action) {
  struct Arguments {
    std::string file;
    bool json = false, all = false;
  };
  auto a = std::make_shared<Arguments>();
  CLI::App* verb = app.add_subcommand("summary", "Print the posterior of a fit's parameters");
  verb->add_option("file", a->file, "Fit file")->required();
  verb->add_flag("--json", a->json, "Print JSON");
  verb->add_flag("--all", a->all,
                 "Include every group's random effects, and relevance and coefficients of every column of a matrix");
  verb->callback([a, &action] {
    action = [a] {
      const FitReader file(a->file);
      const std::vector<ParameterSummary> parameters = summarise_fit(file, a->all);
      if (a->json) {
        std::cout << json_text(summary_json(file, parameters)) << '\n';
      } else {
        print_summary(file, parameters, a->all);
        if (file.draws() == 0) print_standing(file, a->file);
      }
      std::fflush(stdout);
      std::cout.flush();
      print_warnings(file, parameters);
      return 0;
    };
  });
}

}  // namespace bdglm::cli
