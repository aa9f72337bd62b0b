// The report's frame: what was asked, the verdict, the run; and the order of its parts.
#include "report/report_data.hpp"

#include <algorithm>
#include <cmath>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "model/fit_spec.hpp"
#include "posterior/predictive_accuracy.hpp"
#include "report/summary.hpp"
#include "report/warnings.hpp"

namespace bdglm {
namespace {

std::string thousands(double value) {
  std::string digits = std::to_string(std::llround(value));
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

/// "--draws 4000" in words: "draws 4,000".
std::string advice_of(const Warning& warning) {
  std::string text;
  for (const auto& [name, value] : warning.settings)
    text += (text.empty() ? "fit again with " : " and ") + name + " " + thousands(static_cast<double>(value));
  if (!warning.advice.empty()) text += (text.empty() ? "" : ", ") + warning.advice;
  return text;
}

void add_run(const ReportSource& source, nlohmann::json& report) {
  const FitSpec spec = source.fit.spec().get<FitSpec>();
  report["run"] = {{"version", spec.version},   {"machine", spec.machine},
                   {"device", spec.run.device}, {"chains", source.fit.chains()},
                   {"warmup", spec.run.warmup}, {"draws", source.fit.draws()},
                   {"thin", spec.run.thin},     {"seed", *spec.run.seed},
                   {"seconds", spec.seconds},   {"divergences", divergences(source.fit)}};
}

void add_leave_one_out(const ReportSource& source, nlohmann::json& report) {
  constexpr std::size_t kMostLabelledRows = 2000;
  if (source.held_out) return;
  LeaveOneOut loo;
  try {
    loo = leave_one_out(source.fit, source.rows, source.predictor.threads());
  } catch (const Error& error) {
    leave_out(report, "loo", error.what());
    return;
  }
  nlohmann::json all = loo;
  nlohmann::json rows = nlohmann::json::array();
  std::vector<LeaveOneOut::Row> sorted = loo.rows;
  const auto worse = [](const LeaveOneOut::Row& a, const LeaveOneOut::Row& b) { return a.pareto_k > b.pareto_k; };
  // The worst ones, and others spread evenly.
  std::stable_sort(sorted.begin(), sorted.end(), worse);
  const std::size_t worst = std::min(sorted.size(), kMostLabelledRows / 4);
  std::vector<LeaveOneOut::Row> shown(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(worst));
  const std::size_t rest = sorted.size() - worst;
  const std::size_t kept = std::min(rest, kMostLabelledRows - worst);
  for (std::size_t k = 0; k < kept; ++k) shown.push_back(sorted[worst + k * rest / kept]);
  std::sort(shown.begin(), shown.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  for (const LeaveOneOut::Row& row : shown) {
    rows.push_back({{"number", row.number}, {"pareto_k", row.pareto_k}, {"elpd_loo", row.elpd_loo}});
    if (!std::isfinite(row.pareto_k)) rows.back()["pareto_k"] = nullptr;
  }
  const auto estimate = [](const Estimate& e) { return nlohmann::json{{"value", e.value}, {"se", e.se}}; };
  report["loo"] = {{"elpd_loo", estimate(loo.elpd_loo)},
                   {"p_loo", estimate(loo.p_loo)},
                   {"elpd_waic", estimate(loo.elpd_waic)},
                   {"p_waic", estimate(loo.p_waic)},
                   {"k_threshold", loo.k_threshold},
                   {"unreliable", loo.unreliable()},
                   {"rows", rows},
                   {"notes", loo.notes}};
}

}  // namespace

void leave_out(nlohmann::json& report, const std::string& section, const std::string& why) {
  report["left_out"].push_back({{"section", section}, {"why", why}});
}

void add_question(const ReportSource& source, nlohmann::json& report) {
  const FitSpec spec = source.fit.spec().get<FitSpec>();
  const Understanding u = understand(spec);
  nlohmann::json columns = nlohmann::json::array();
  for (const auto& [name, taken_for] : spec.frame.columns)
    columns.push_back({{"name", name}, {"taken_for", taken_for}});
  nlohmann::json groups = nlohmann::json::array();
  for (const auto& [name, levels] : u.groups) groups.push_back({{"name", name}, {"levels", levels}});
  report["title"] = spec.frame.formulas.front();
  report["file"] = source.file;
  report["asked"] = {{"formulas", spec.frame.formulas},
                     {"family", family_name(spec.family)},
                     {"link", u.link},
                     {"meaning", u.meaning},
                     {"columns", columns},
                     {"rows", spec.rows},
                     {"dropped", spec.dropped_rows()},
                     {"why_dropped", u.why_dropped},
                     {"groups", groups},
                     {"notes", spec.notes}};
  if (!u.network.empty()) report["asked"]["network"] = u.network;
}

void add_verdict(const ReportSource& source, const std::vector<ParameterSummary>& parameters, nlohmann::json& report) {
  const std::vector<Warning> warnings = warnings_of(source.fit, parameters);
  nlohmann::json verdict = {{"good", warnings.empty()}, {"warnings", nlohmann::json::array()}};
  for (const Warning& warning : warnings)
    verdict["warnings"].push_back({{"message", warning.message}, {"advice", advice_of(warning)}});
  const ParameterSummary* const apart = least_converged(parameters);
  double fewest = std::numeric_limits<double>::infinity();
  for (const ParameterSummary& p : parameters)
    if (p.judged && std::isfinite(p.ess_bulk))
      fewest = std::min({fewest, p.ess_bulk, std::isfinite(p.ess_tail) ? p.ess_tail : p.ess_bulk});
  std::string sentence = std::to_string(source.fit.chains()) + " chains of " +
                         thousands(static_cast<double>(source.fit.draws())) + " draws each";
  if (apart == nullptr || !std::isfinite(fewest))
    sentence += ".";
  else if (warnings.empty())
    sentence = "The chains agree: of " + sentence + " R-hat is at most " + rhat_text(apart->rhat) +
               ", and every parameter has the worth of " + thousands(fewest) + " independent draws or more.";
  else
    sentence += ": R-hat is up to " + rhat_text(apart->rhat, 1.01) + " (" + apart->name +
                "), and the worst parameter has the worth of " + thousands(fewest) + " independent draws.";
  if (!source.fit.spec().at("progress").at("complete").get<bool>()) {
    verdict["good"] = false;
    sentence += " The run is not finished: more draws come when it goes on.";
  }
  verdict["sentence"] = sentence;
  report["verdict"] = verdict;
}

nlohmann::json report_data(const ReportSource& source) {
  nlohmann::json report = {{"left_out", nlohmann::json::array()}};
  const std::vector<ParameterSummary> parameters = summarise_fit(source.fit, false);
  add_question(source, report);
  add_verdict(source, parameters, report);
  add_parameters(source, parameters, report);
  add_random_effects(source, report);
  add_checks(source, report);
  add_scores(source, report);
  add_curves(source, report);
  add_boundary(source, report);
  add_leave_one_out(source, report);
  add_run(source, report);
  return report;
}

}  // namespace bdglm
