// bdglm effects: what a variable does to the expected response.
#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "bdglm/posterior.hpp"
#include "cli/console.hpp"
#include "cli/data_arguments.hpp"
#include "cli/options.hpp"
#include "cli/verbs.hpp"
#include "posterior/effects.hpp"

namespace bdglm::cli {
namespace {

struct EffectsArguments {
  std::string file, of, by, kind = "predictions", groups;
  DataArguments data;
  std::vector<std::string> values;
  std::size_t points = 50;
  double interval = 0.95;
  int threads = 0;
  bool json = false;
};

EffectKind kind_named(const std::string& name) {
  if (name == "comparisons") return EffectKind::comparisons;
  return name == "slopes" ? EffectKind::slopes : EffectKind::predictions;
}

std::string short_text(const ColumnValue& value) {
  if (const auto* const level = std::get_if<std::string>(&value)) return *level;
  char text[32];
  std::snprintf(text, sizeof text, "%.5g", std::get<double>(value));
  return text;
}

/// What stands left of a line's numbers: values and levels, each as wide as its widest.
class Labels {
 public:
  void add(const std::string& heading, const std::vector<std::string>& cells) {
    std::size_t width = characters(heading);
    for (const std::string& cell : cells) width = std::max(width, characters(cell));
    heading_ += padded(heading, width) + "  ";
    lines_.resize(cells.size());
    for (std::size_t i = 0; i < cells.size(); ++i) lines_[i] += padded(cells[i], width) + "  ";
  }
  const std::string& heading() const { return heading_; }
  const std::string& line(std::size_t i) const { return lines_.at(i); }

 private:
  std::string heading_;
  std::vector<std::string> lines_;
};

Labels labels_of(const Effects& effects) {
  Labels labels;
  const auto add = [&](const std::string& heading, std::optional<ColumnValue> Effects::Row::*value) {
    if (effects.rows.empty() || !(effects.rows.front().*value)) return;
    std::vector<std::string> cells;
    for (const Effects::Row& row : effects.rows) cells.push_back(short_text(*(row.*value)));
    labels.add(heading, cells);
  };
  add(effects.variable, &Effects::Row::value);
  add(effects.variable + " from", &Effects::Row::from);
  add("to", &Effects::Row::to);
  if (effects.kind == EffectKind::slopes)
    labels.add("slope by", std::vector<std::string>(effects.rows.size(), effects.variable));
  add(effects.by, &Effects::Row::by);
  std::vector<std::string> responses;
  for (const Effects::Row& row : effects.rows) responses.push_back(row.response);
  if (!responses.empty() && !responses.front().empty()) labels.add("response", responses);
  return labels;
}

/// "other columns at their means or commonest levels: age = 31.2, urban = Y; ", as many as a line holds.
std::string held_text(const Effects& effects) {
  constexpr std::size_t kMost = 12;
  if (effects.held.empty()) return "";
  std::string text = "other columns at their means or commonest levels: ";
  for (std::size_t k = 0; k < std::min(kMost, effects.held.size()); ++k)
    text += (k > 0 ? ", " : "") + effects.held[k].first + " = " + short_text(effects.held[k].second);
  if (effects.held.size() > kMost) text += " and " + std::to_string(effects.held.size() - kMost) + " more";
  return text + "; ";
}

void print_effects(const Effects& effects, double interval) {
  if (effects.averaged > 0)
    std::printf("averages over %zu rows, at %zu draws\n\n", effects.averaged, effects.draws);
  else
    std::printf("%sat %zu draws\n\n", held_text(effects).c_str(), effects.draws);
  const Labels labels = labels_of(effects);
  std::printf("%s%11s %11s %11s %11s%s\n", labels.heading().c_str(), "mean", "sd",
              percent(0.5 * (1 - interval)).c_str(), percent(0.5 * (1 + interval)).c_str(),
              effects.kind == EffectKind::predictions ? "     plug-in" : "");
  for (std::size_t i = 0; i < effects.rows.size(); ++i) {
    const Effects::Row& row = effects.rows[i];
    std::printf("%s%11.5g %11.5g %11.5g %11.5g", labels.line(i).c_str(), row.mean, row.sd, row.low, row.high);
    if (row.plugin) std::printf(" %11.5g", *row.plugin);
    std::printf("\n");
  }
}

int run_effects(const EffectsArguments& a) {
  const Posterior posterior = Posterior::open(a.file);
  EffectOptions options;
  options.kind = kind_named(a.kind);
  options.by = a.by;
  options.values.assign(a.values.begin(), a.values.end());
  options.points = a.points;
  options.interval = a.interval;
  if (!a.groups.empty()) options.groups = group_mode_from_name(a.groups);
  options.threads = a.threads;
  const Effects effects =
      a.data.given() ? posterior.effects(a.data.read(), a.of, options) : posterior.effects(a.of, options);
  if (a.json)
    std::cout << json_text(nlohmann::json(effects)) << '\n' << std::flush;
  else
    print_effects(effects, a.interval);
  std::fflush(stdout);
  for (const std::string& note : effects.notes) std::cerr << "note: " << with_options(note) << '\n';
  warn_of_convergence(posterior.warnings());
  return 0;
}

}  // namespace

void add_effects(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("effects", "Show what a variable does to the expected response");
  auto a = std::make_shared<EffectsArguments>();
  CLI::Option* file = verb->add_option("file", a->file, "Fit file");
  verb->add_option("--of", a->of, "The variable, a column of the table")->required();
  CLI::Option* data =
      add_data(*verb, a->data, "Table of other rows; several files, '*.csv' or -; the fit's own if not given", false);
  fit_may_follow_tables(*verb, file, data, a->data.tables, [a](std::string fit) { a->file = std::move(fit); });
  verb->add_option("--kind", a->kind, "Predictions along the variable, average comparisons, or average slopes")
      ->check(CLI::IsMember({"predictions", "comparisons", "slopes"}))
      ->capture_default_str();
  verb->add_option("--by", a->by, "Each level of this column by itself: a factor, or a number of at most ten values");
  verb->add_option("--values", a->values, "Values of the variable, 'a,b': to predict at, or the first to compare with")
      ->delimiter(',');
  verb->add_option("--points", a->points, "Points from the least to the greatest value of a number")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  verb->add_option("--interval", a->interval, "Probability of the intervals")
      ->check(CLI::Range(0.01, 0.9999))
      ->capture_default_str();
  add_group_levels(*verb, a->groups)->default_str("none, but new along a column that random effects alone read");
  verb->add_option("--threads", a->threads, "Threads; 0 means all")->check(CLI::Range(0, 4096))->capture_default_str();
  verb->add_flag("--json", a->json, "Print JSON");
  verb->callback([a, &action] { action = [a] { return run_effects(*a); }; });
  verb->footer(
      "\nPredictions hold other numbers at their means (at the commoner of two values) and others at their commonest\n"
      "levels; the first line names these values, --json all of them as 'held'. Effects of a grouping's levels by\n"
      "themselves are in summary --all.\n"
      "Comparisons are average differences of the expected response when the variable goes from one value to another\n"
      "in every row: from a factor's first level to each other one, from half a standard deviation below a number's\n"
      "mean to half of one above, within the rows' range. Slopes are average derivatives by a number. Averages are "
      "over\n"
      "at most 2,000 rows and 1,000 draws.");
}

}  // namespace bdglm::cli
