// The summary of a fit: what was fitted, how the data were understood, and the table of its parameters.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cli/console.hpp"
#include "design/design.hpp"
#include "family/family.hpp"
#include "posterior/judged.hpp"

namespace bdglm::cli {
namespace {

/// About four significant digits in a column of width ten.
std::string cell(double value) {
  char text[40];
  const double size = std::fabs(value);
  if (!std::isfinite(value))
    std::snprintf(text, sizeof text, "%10s", std::isnan(value) ? "-" : "inf");
  else if (size >= 1e6 || (size < 1e-4 && size > 0))
    std::snprintf(text, sizeof text, "%10.2e", value);
  else
    std::snprintf(text, sizeof text, "%10.*f",
                  size >= 1000   ? 1
                  : size >= 100  ? 2
                  : size >= 1    ? 3
                  : size >= 0.01 ? 4
                                 : 6,
                  value);
  return text;
}

/// A diagnostic with `decimals`, "-" where it cannot be had, in parentheses where it is not judged.
std::string diagnostic(double value, int decimals, bool judged) {
  if (std::isnan(value)) return "-";
  char text[40];
  std::snprintf(text, sizeof text, judged ? "%.*f" : "(%.*f)", decimals, value);
  return text;
}

/// Text for one line: control characters as escapes.
std::string printable(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n')
      result += "\\n";
    else if (c == '\t')
      result += "\\t";
    else if ((c >= 0 && c < ' ') || c == 127)
      result += "?";
    else
      result += c;
  }
  return result;
}

std::string plural(long long count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

/// What the file says of the data and the model, in the words of both forms of the summary.
struct Understanding {
  std::string link;
  std::string meaning;  ///< which level is 1: "P(use = Y); use: N = 0, Y = 1"; empty for numbers
  long long rows = 0, table_rows = 0;
  std::string why_dropped;
  std::vector<std::pair<std::string, std::size_t>> groups;   ///< group and its levels
  std::vector<std::pair<std::string, std::string>> columns;  ///< column and what it was taken for
  std::vector<std::string> notes;
  std::string effects;  ///< how they are kept, where not all
};

Understanding understand(const Spec& spec) {
  Understanding u;
  const Frame frame = spec.at("frame").get<Frame>();
  const Formula formula = frame.formula();
  const Family family = family_from_name(spec.at("family").get<std::string>());
  const std::string response = deparse(formula.response);
  const ResponseKind kind = describe(family).response;
  u.link = describe(family).link;
  if (kind == ResponseKind::two_levels && frame.response_levels.size() == 2)
    u.meaning = "P(" + response + " = " + frame.response_levels[1] + "); " + response + ": " +
                frame.response_levels[0] + " = 0, " + frame.response_levels[1] + " = 1";
  else if (kind == ResponseKind::two_levels)
    u.meaning = "P(" + response + " = 1)";
  else if (kind == ResponseKind::successes)
    u.meaning = "P(success), " + response + " successes out of " + (formula.trials ? deparse(*formula.trials) : "1");
  else if (kind == ResponseKind::levels)
    u.meaning = "log odds of each level against " + response + " = " + frame.response_levels[0];
  u.rows = spec.at("rows").get<long long>();
  u.table_rows = spec.at("table_rows").get<long long>();
  u.why_dropped = formula.weights ? "missing values or zero weight" : "missing values";
  for (const auto& [group, levels] : frame.group_levels) u.groups.emplace_back(group, levels.size());
  for (const nlohmann::json& column : spec.at("frame").value("columns", nlohmann::json::array()))
    u.columns.emplace_back(column.at(0).get<std::string>(), column.at(1).get<std::string>());
  u.notes = spec.value("notes", std::vector<std::string>{});
  const std::string kept = spec.at("run").at("save_effects").get<std::string>();
  if (!frame.group_levels.empty() && kept != "all") {
    u.effects = kept == "moments" ? "means and covariances of random effects are kept (effect_moments), not their draws"
                : kept == "none"  ? "random effects are not kept"
                                  : "every " + kept.substr(kept.find('=') + 1) +
                                       "th draw of random effects is kept (thinned_effects)";
    u.effects += ": --save-effects " + kept;
  }
  return u;
}

std::string rows_text(const Understanding& u) {
  if (u.rows == u.table_rows) return plural(u.rows, "row");
  return std::to_string(u.rows) + " of " + plural(u.table_rows, "row") + " used, " +
         std::to_string(u.table_rows - u.rows) + " dropped for " + u.why_dropped;
}

void print_columns(const Understanding& u) {
  constexpr std::size_t kMost = 20;
  if (u.columns.empty()) return;
  std::size_t width = 0;
  const std::size_t shown = u.columns.size() <= kMost + 1 ? u.columns.size() : kMost;
  for (std::size_t k = 0; k < shown; ++k) width = std::max(width, u.columns[k].first.size());
  std::printf("columns\n");
  for (std::size_t k = 0; k < shown; ++k)
    std::printf("  %-*s  %s\n", static_cast<int>(width), u.columns[k].first.c_str(), u.columns[k].second.c_str());
  if (shown < u.columns.size()) std::printf("  ... and %zu more\n", u.columns.size() - shown);
}

void print_header(const FitReader& file) {
  const Spec& spec = file.spec();
  const Understanding u = understand(spec);
  std::printf("%s\n", spec.at("formula").get<std::string>().c_str());
  std::printf("family %s (%s)%s%s\n", spec.at("family").get<std::string>().c_str(), u.link.c_str(),
              u.meaning.empty() ? "" : ", ", u.meaning.c_str());
  std::printf("%s", rows_text(u).c_str());
  for (const auto& [group, levels] : u.groups)
    std::printf("; %s: %s", group.c_str(), plural(static_cast<long long>(levels), "level").c_str());
  std::printf("\n");
  print_columns(u);
  std::printf("%s of %zu draws after %d warm-up sweeps on %s, %s%s\n", plural(file.chains(), "chain").c_str(),
              file.draws(), spec.at("run").at("warmup").get<int>(),
              spec.at("run").at("device").get<std::string>().c_str(),
              duration(spec.at("seconds").get<double>()).c_str(),
              spec.at("progress").at("complete").get<bool>() ? ""
              : file.being_written()                         ? " (the run goes on)"
                                                             : " (incomplete: continue with 'bdglm resume')");
  if (!u.effects.empty()) std::printf("%s\n", u.effects.c_str());
  // The line of rows has said this one.
  const std::string dropped =
      std::to_string(u.table_rows - u.rows) + " of " + std::to_string(u.table_rows) + " rows dropped";
  for (const std::string& note : u.notes)
    if (note.rfind(dropped, 0) != 0) std::printf("note: %s\n", note.c_str());
  std::printf("\n");
}

}  // namespace

std::vector<ParameterSummary> summarise_fit(const FitReader& file, bool all) {
  std::vector<ParameterSummary> parameters;
  const auto draws = static_cast<Eigen::Index>(file.draws());
  if (draws == 0) return parameters;
  for (const std::string& name : file.variables("posterior")) {
    if (!all && name.rfind("r_", 0) == 0) continue;
    const std::vector<Dimension> dimensions = file.dimensions("posterior", name);
    const RowMatrix values = file.read("posterior", name);
    for (Eigen::Index k = 0; k < values.cols(); ++k) {
      std::string label;
      Eigen::Index rest = k;
      for (std::size_t d = dimensions.size(); d-- > 0;) {
        const auto size = static_cast<Eigen::Index>(dimensions[d].labels.size());
        label = dimensions[d].labels[static_cast<std::size_t>(rest % size)] + (label.empty() ? "" : "," + label);
        rest /= size;
      }
      const Eigen::VectorXd column = values.col(k);
      const ChainDraws chains = Eigen::Map<const Eigen::MatrixXd>(column.data(), draws, file.chains());
      parameters.push_back(summarise(dimensions.empty() ? name : name + "[" + printable(label) + "]", chains));
    }
  }
  return parameters;
}

nlohmann::json summary_json(const FitReader& file, const std::vector<ParameterSummary>& parameters) {
  const Spec& spec = file.spec();
  const Understanding u = understand(spec);
  const JudgedParameters judged(spec);
  double divergences = 0;
  if (file.draws() > 0) divergences = file.read("sample_stats", "diverging").sum();
  nlohmann::json list = nlohmann::json::array();
  for (const ParameterSummary& p : parameters)
    list.push_back({{"name", p.name},
                    {"mean", p.mean},
                    {"sd", p.sd},
                    {"q2.5", p.q2_5},
                    {"q50", p.q50},
                    {"q97.5", p.q97_5},
                    {"mcse", p.mcse},
                    {"ess_bulk", p.ess_bulk},
                    {"ess_tail", p.ess_tail},
                    {"rhat", p.rhat},
                    {"judged", judged.contains(p.name)}});
  nlohmann::json progress;
  for (const char* key : {"phase", "sweeps", "total"})
    if (spec.at("progress").contains(key)) progress[key] = spec.at("progress").at(key);
  nlohmann::json json = {{"chains", file.chains()},
                         {"draws", file.draws()},
                         {"warmup", spec.at("run").at("warmup")},
                         {"rows", u.rows},
                         {"table_rows", u.table_rows},
                         {"rows_dropped", u.table_rows - u.rows},
                         {"family", spec.at("family")},
                         {"link", u.link},
                         {"formula", spec.at("formula")},
                         {"groups", nlohmann::json::object()},
                         {"columns", nlohmann::json::object()},
                         {"notes", u.notes},
                         {"save_effects", spec.at("run").at("save_effects")},
                         {"device", spec.at("run").at("device")},
                         {"seconds", spec.at("seconds")},
                         {"seed", spec.at("run").at("seed")},
                         {"complete", spec.at("progress").at("complete")},
                         {"progress", progress},
                         {"priors", spec.at("prior_statements")},
                         {"divergences", static_cast<long long>(divergences)},
                         {"parameters", list}};
  if (!u.meaning.empty()) json["response"] = u.meaning;
  for (const auto& [group, levels] : u.groups) json["groups"][group] = levels;
  for (const auto& [column, description] : u.columns) json["columns"][column] = description;
  return json;
}

std::string json_text(const nlohmann::json& json) {
  return json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void print_summary(const FitReader& file, const std::vector<ParameterSummary>& parameters) {
  print_header(file);
  if (parameters.empty()) return;
  const JudgedParameters judged(file.spec());
  std::size_t width = 9;
  bool all_judged = true;
  for (const ParameterSummary& p : parameters) width = std::max(width, p.name.size());
  std::printf("%-*s %10s %10s %10s %10s %10s %9s %9s %8s\n", static_cast<int>(width), "parameter", "mean", "sd", "2.5%",
              "50%", "97.5%", "ess_bulk", "ess_tail", "rhat");
  for (const ParameterSummary& p : parameters) {
    const bool counts = judged.contains(p.name);
    all_judged = all_judged && counts;
    std::printf("%-*s %s %s %s %s %s %9s %9s %8s\n", static_cast<int>(width), p.name.c_str(), cell(p.mean).c_str(),
                cell(p.sd).c_str(), cell(p.q2_5).c_str(), cell(p.q50).c_str(), cell(p.q97_5).c_str(),
                diagnostic(p.ess_bulk, 0, counts).c_str(), diagnostic(p.ess_tail, 0, counts).c_str(),
                diagnostic(p.rhat, 3, counts).c_str());
  }
  if (!all_judged)
    std::printf(
        "\nin parentheses: shares its meaning with the network and is not judged; look at prediction for "
        "convergence\n");
}

}  // namespace bdglm::cli
