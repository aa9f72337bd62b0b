// bdglm predict, evaluate and devices.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

#include "bdglm/base/error.hpp"
#include "bdglm/posterior/evaluate.hpp"
#include "bdglm/posterior/predict.hpp"
#include "cli/console.hpp"
#include "cli/verbs.hpp"

namespace bdglm::cli {
namespace {

struct PredictArguments {
  std::string file, out;
  std::vector<std::string> data;
  std::string groups = "new";
  double interval = 0.95;
  bool plugin = false;
  bool json = false;
};

/// "q2.5" for 0.025; as many digits as the level needs.
std::string quantile_name(double probability) {
  char text[32];
  std::snprintf(text, sizeof text, "q%.10g", 100 * probability);
  return text;
}

int run_predict(const PredictArguments& a) {
  const FitReader file(a.file);
  const Predictor predictor(file);
  const Table table = read_table(a.data);
  const Design design = make_design(predictor.frame(), table, {false, false});
  const std::vector<RowPrediction> rows = predict_rows(predictor, design, group_mode_from_name(a.groups), a.interval,
                                                       file.spec().at("run").at("seed").get<std::uint64_t>());
  const std::string part = a.out + ".part";
  std::ofstream out(part);
  if (!out) throw DataError("cannot write '" + a.out + "'; choose another --out or make its folder");
  out.precision(10);
  const std::string low = quantile_name(0.5 * (1 - a.interval));
  const std::string high = quantile_name(1 - 0.5 * (1 - a.interval));
  out << "mean,sd," << low << ',' << high << ",pred_" << low << ",pred_" << high << (a.plugin ? ",plugin" : "") << '\n';
  std::size_t next = 0;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    if (next < design.rows.size() && design.rows[next] == i) {
      const RowPrediction& p = rows[next++];
      out << p.mean << ',' << p.sd << ',' << p.low << ',' << p.high << ',' << p.predictive_low << ','
          << p.predictive_high;
      if (a.plugin) out << ',' << p.plugin;
      out << '\n';
    } else {
      out << "NA,NA,NA,NA,NA,NA" << (a.plugin ? ",NA" : "") << '\n';
    }
  }
  out.close();
  if (!out) throw DataError("cannot write '" + a.out + "': the disk may be full");
  std::filesystem::rename(part, a.out);
  for (const std::string& note : design.notes) std::cerr << "note: " << note << " (their predictions are NA)\n";
  return 0;
}

int run_evaluate(const PredictArguments& a) {
  const FitReader file(a.file);
  const Predictor predictor(file);
  const Table table = read_table(a.data);
  const Design design = make_design(predictor.frame(), table, {true, false});
  if (design.size() == 0) throw DataError("no row of '" + table.source + "' is complete; there is nothing to score");
  const Evaluation e = evaluate_design(predictor, design, group_mode_from_name(a.groups));
  for (const std::string& note : design.notes) std::cerr << "note: " << note << '\n';
  if (a.json) {
    std::cout << nlohmann::json(e).dump(1) << '\n';
    return 0;
  }
  std::printf("rows              %lld\n", static_cast<long long>(e.rows));
  std::printf("log score         %.5f (plug-in %.5f)\n", e.log_score, e.log_score_plugin);
  std::printf("rmse, mae         %.5g, %.5g\n", e.rmse, e.mae);
  if (e.accuracy)
    std::printf("accuracy          %.4f\nbrier             %.5f\ncalibration error %.4f\n", *e.accuracy, *e.brier,
                *e.ece);
  for (const auto& [level, share] : e.coverage) std::printf("coverage of %-5s %.4f\n", level.c_str(), share);
  return 0;
}

std::shared_ptr<PredictArguments> add_data_options(CLI::App& verb) {
  auto a = std::make_shared<PredictArguments>();
  CLI::Option* file = verb.add_option("file", a->file, "Fit file");
  CLI::Option* data = verb.add_option("--data", a->data, "Table of rows; several files, '*.csv' or -")->required();
  // --data takes every word up to the next option, so that a fit file named after it comes last among them.
  verb.parse_complete_callback([a, file, data] {
    if (file->count() > 0) return;
    if (data->count() < 2) throw CLI::RequiredError("file");
    a->file = a->data.back();
    a->data.pop_back();
  });
  verb.add_option("--groups", a->groups,
                  "Group levels: known (unseen ones are an error), new (unseen ones are drawn), none (no effects)")
      ->check(CLI::IsMember({"known", "new", "none"}))
      ->capture_default_str();
  return a;
}

}  // namespace

void add_predict(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("predict", "Predict rows of a table");
  auto a = add_data_options(*verb);
  verb->add_option("--out", a->out, "CSV file to write")->required();
  verb->add_option("--interval", a->interval, "Probability of the intervals")
      ->check(CLI::Range(0.01, 0.9999))
      ->capture_default_str();
  verb->add_flag("--plugin", a->plugin, "Add the prediction at the posterior mean of the parameters");
  verb->callback([a, &action] { action = [a] { return run_predict(*a); }; });
}

void add_evaluate(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("evaluate", "Score predictions against observed responses");
  auto a = add_data_options(*verb);
  verb->add_flag("--json", a->json, "Print JSON");
  verb->callback([a, &action] { action = [a] { return run_evaluate(*a); }; });
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
