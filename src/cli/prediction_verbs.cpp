// bdglm predict and evaluate: a fit and a table in; predictions or scores out.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "api/weighted_chains.hpp"
#include "bdglm/error.hpp"
#include "cli/console.hpp"
#include "cli/data_arguments.hpp"
#include "cli/options.hpp"
#include "cli/prediction_table.hpp"
#include "cli/verbs.hpp"
#include "fitfile/fit_file.hpp"
#include "posterior/evaluate.hpp"
#include "posterior/prediction_design.hpp"

namespace bdglm::cli {
namespace {

struct PredictArguments {
  std::string file, out;
  DataArguments data;
  std::string groups = "new";
  std::string weights = "equal";
  std::vector<std::string> keep;
  double interval = 0.95;
  Eigen::Index draws = 0;
  int threads = 0;
  bool plugin = false;
  bool json = false;
};

void tell_notes(const std::vector<std::string>& notes) {
  for (const std::string& note : notes) std::cerr << "note: " << with_options(note) << '\n';
}

PredictorOptions predictor_options(const PredictArguments& a, const FitReader& file) {
  PredictorOptions options;
  options.mode = group_mode_from_name(a.groups);
  options.threads = a.threads;
  weigh_chains(chain_weights_from_name(a.weights), file, options);
  return options;
}

bool ends_with(const std::string& text, const std::string& ending) {
  return text.size() >= ending.size() && text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

int run_predict(const PredictArguments& a) {
  const FitReader file(a.file);
  check_not_read(a.out, a.file, a.data.files());
  const bool array = ends_with(a.out, ".nc");
  if (array && a.plugin) throw DataError("--plugin is a column of the CSV; a netCDF file holds draws");
  if (ends_with(a.out, ".gz"))
    throw DataError("--out '" + a.out + "': predictions are written as they are; name a .csv and compress it later");
  OutputFile out(a.out);
  const Data data = a.data.read();
  PredictorOptions loading = predictor_options(a, file);
  if (array || a.draws > 0) loading.memory /= 4;  // the draws that are written stand beside those that predict
  const Predictor predictor(file, loading);
  std::vector<std::string> notes = predictor.notes();
  const Table& table = data.table();
  // A pattern of names may have found it.
  for (const TablePart& part : table.parts) check_not_read(a.out, a.file, {part.source});
  const std::vector<std::size_t> keep = kept_columns(table, a.keep);
  const Design design = prediction_design(predictor, table, false, notes);

  RowPredictionOptions options;
  options.interval = a.interval;
  const auto total = static_cast<Eigen::Index>(predictor.draws().size());
  if (array && a.draws == 0) options.draws = spread_draws(total, total);
  if (a.draws > 0) options.draws = spread_draws(a.draws, total);
  if (a.draws > total)
    notes.push_back("the fit has " + std::to_string(total) + " draws that predict; all of them are written");
  if (array) {
    if (!keep.empty()) throw DataError("--keep carries columns over to CSV; a netCDF file counts rows by 'row'");
    write_prediction_array(out, predictor, design, table, options);
  } else {
    write_prediction_table(out, predictor, design, table, options, {a.plugin, keep});
  }
  tell_notes(notes);
  tell_notes(design.notes);
  if (design.size() < static_cast<Eigen::Index>(table.rows()))
    tell_notes({"the predictions of rows that were dropped are NA"});
  warn_of_convergence(file);
  return 0;
}

int run_evaluate(const PredictArguments& a) {
  const FitReader file(a.file);
  const Data data = a.data.read();
  const PredictorOptions loading = predictor_options(a, file);
  const Predictor predictor(file, loading);
  std::vector<std::string> notes = predictor.notes();
  const Table& table = data.table();
  const Design design = prediction_design(predictor, table, true, notes);
  if (design.size() == 0) throw DataError("no row of '" + table.source + "' is complete; there is nothing to score");
  Evaluation e = evaluate_design(predictor, design);
  e.chain_weights = loading.chain_weights;
  if (e.rows < design.size())
    notes.push_back("rows of weight zero or without trials, not scored: " + std::to_string(design.size() - e.rows));
  tell_notes(notes);
  tell_notes(design.notes);
  warn_of_convergence(file);
  if (a.json) {
    std::cout << json_text(nlohmann::json(e)) << '\n';
    return 0;
  }
  std::printf("rows              %lld\n", static_cast<long long>(e.rows));
  if (e.total_weight) std::printf("total weight      %.6g\n", *e.total_weight);
  std::printf("log score         %.5f (plug-in %.5f)\n", e.log_score, e.log_score_plugin);
  const bool successes = describe(predictor.family()).response == ResponseKind::successes;
  if (e.rmse)
    std::printf("rmse, mae         %.5g, %.5g%s\n", *e.rmse, *e.mae, successes ? " (of successes a trial)" : "");
  if (e.accuracy)
    std::printf("accuracy          %.4f\nbrier             %.5f\ncalibration error %.4f\n", *e.accuracy, *e.brier,
                *e.ece);
  for (const auto& [level, error] : e.ece_by_level) std::printf("  of %s  %.4f\n", padded(level, 13).c_str(), error);
  for (const auto& [level, share] : e.coverage) std::printf("coverage of %-5s %.4f\n", level.c_str(), share);
  if (e.chains) {
    const auto [worst, best] = std::minmax_element(e.chains->log_score_alone.begin(), e.chains->log_score_alone.end());
    const auto [least, most] =
        std::minmax_element(e.chains->log_score_without.begin(), e.chains->log_score_without.end());
    std::printf("chains alone      log score %.5f to %.5f; without one %.5f to %.5f\n", *worst, *best, *least, *most);
    std::printf("between chains    %.4f of the variance of an expected response, on average\n",
                e.chains->share_between);
  }
  return 0;
}

std::shared_ptr<PredictArguments> add_data_options(CLI::App& verb) {
  auto a = std::make_shared<PredictArguments>();
  CLI::Option* file = verb.add_option("file", a->file, "Fit file");
  CLI::Option* data = add_data(verb, a->data, "Table of rows; several files, '*.csv' or -", true);
  fit_may_follow_tables(verb, file, data, a->data.tables, [a](std::string fit) { a->file = std::move(fit); });
  add_group_levels(verb, a->groups);
  verb.add_option(
          "--weights", a->weights,
          "Of the chains: equal; or stacked, by how well each predicts the fit's own rows left out, where chains "
          "do not agree (no longer the posterior)")
      ->check(CLI::IsMember({"equal", "stacked"}))
      ->capture_default_str();
  verb.add_option("--threads", a->threads, "Threads; 0 means all")->check(CLI::Range(0, 4096))->capture_default_str();
  return a;
}

}  // namespace

void add_predict(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("predict", "Predict rows of a table");
  auto a = add_data_options(*verb);
  verb->add_option("--out", a->out, "CSV file to write, '-' for standard output; FILE.nc for draws as netCDF")
      ->required();
  verb->add_option("--interval", a->interval, "Probability of the intervals")
      ->check(CLI::Range(0.01, 0.9999))
      ->capture_default_str();
  verb->add_option("--keep", a->keep, "Columns of the table to carry over, 'a,b'; all for every one but a matrix's")
      ->delimiter(',');
  verb->add_option("--draws", a->draws, "Posterior draws of the expected response to write, spread evenly")
      ->check(CLI::Range(1, 100000000));
  verb->add_flag("--plugin", a->plugin, "Add the prediction at the posterior mean of the parameters");
  verb->callback([a, &action] { action = [a] { return run_predict(*a); }; });
}

void add_evaluate(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("evaluate", "Score predictions against observed responses");
  auto a = add_data_options(*verb);
  verb->add_flag("--json", a->json, "Print JSON");
  verb->callback([a, &action] { action = [a] { return run_evaluate(*a); }; });
}

}  // namespace bdglm::cli
