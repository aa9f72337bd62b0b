// bdglm importance: how much of the expected response's variance each variable moves.
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "bdglm/posterior.hpp"
#include "cli/console.hpp"
#include "cli/data_arguments.hpp"
#include "cli/options.hpp"
#include "cli/verbs.hpp"
#include "posterior/importance.hpp"

namespace bdglm::cli {
namespace {

struct ImportanceArguments {
  std::string file, groups = "none";
  DataArguments data;
  double interval = 0.95;
  int threads = 0;
  bool json = false;
};

void print_importances(const Importances& told, double interval) {
  std::printf(
      "shares of the variance of the expected response, whose standard deviation is %.4g,\n"
      "over %zu rows, at %zu draws\n\n",
      told.deviation, told.averaged, told.draws);
  std::size_t width = characters("variable");
  for (const Importances::Row& row : told.rows) width = std::max(width, characters(row.variable));
  std::printf("%s  %9s %9s %9s %9s\n", padded("variable", width).c_str(), "mean", "sd",
              percent(0.5 * (1 - interval)).c_str(), percent(0.5 * (1 + interval)).c_str());
  constexpr std::size_t kMost = 20;
  const std::size_t shown = told.rows.size() <= kMost + 1 ? told.rows.size() : kMost;
  for (std::size_t k = 0; k < shown; ++k) {
    const Importances::Row& row = told.rows[k];
    std::printf("%s  %9.4f %9.4f %9.4f %9.4f\n", padded(row.variable, width).c_str(), row.mean, row.sd, row.low,
                row.high);
  }
  if (shown < told.rows.size())
    std::printf("... and %zu more, of means up to %.4f; --json has all\n", told.rows.size() - shown,
                told.rows[shown].mean);
}

int run_importance(const ImportanceArguments& a) {
  const Posterior posterior = Posterior::open(a.file);
  ImportanceOptions options;
  options.interval = a.interval;
  options.groups = group_mode_from_name(a.groups);
  options.threads = a.threads;
  const Importances told =
      a.data.given() ? posterior.importance(a.data.read(), options) : posterior.importance(options);
  if (a.json)
    std::cout << json_text(nlohmann::json(told)) << '\n' << std::flush;
  else
    print_importances(told, a.interval);
  std::fflush(stdout);
  for (const std::string& note : told.notes) std::cerr << "note: " << with_options(note) << '\n';
  warn_of_convergence(posterior.warnings());
  return 0;
}

}  // namespace

void add_importance(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("importance", "Show how much of the expected response each variable moves");
  auto a = std::make_shared<ImportanceArguments>();
  CLI::Option* file = verb->add_option("file", a->file, "Fit file");
  CLI::Option* data =
      add_data(*verb, a->data, "Table of other rows; several files, '*.csv' or -; the fit's own if not given", false);
  fit_may_follow_tables(*verb, file, data, a->data.tables, [a](std::string fit) { a->file = std::move(fit); });
  verb->add_option("--interval", a->interval, "Probability of the intervals")
      ->check(CLI::Range(0.01, 0.9999))
      ->capture_default_str();
  add_group_levels(*verb, a->groups);
  verb->add_option("--threads", a->threads, "Threads; 0 means all")->check(CLI::Range(0, 4096))->capture_default_str();
  verb->add_flag("--json", a->json, "Print JSON");
  verb->callback([a, &action] { action = [a] { return run_importance(*a); }; });
  verb->footer(
      "\nA variable's share is half the mean square of what expected responses change by when the rows exchange their\n"
      "values of it, over the variance of the expected responses: near 0 where it does not matter, near 1 where\n"
      "nothing else does. Variables that act together have shares that add up to more than 1; of variables that vary\n"
      "together a share may exceed 1 by itself, since exchanged rows lie where there are no data. Over at most 2,000\n"
      "rows and 1,000 draws, fewer where there are many variables; which rows exchange adds an error of about a\n"
      "hundredth of a share, more of few rows or many variables, that the intervals leave out. A matrix is one\n"
      "variable, and so are nested groups.");
}

}  // namespace bdglm::cli
