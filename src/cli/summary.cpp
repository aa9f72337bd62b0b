// The summary of a fit: what was fitted, how the data were understood, and the table of its parameters.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "cli/console.hpp"
#include "cli/options.hpp"
#include "model/fit_spec.hpp"
#include "report/summary.hpp"
#include "report/warnings.hpp"

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

/// A diagnostic as `shown`, "-" where it cannot be had, in parentheses where it is not judged.
std::string diagnostic(double value, const std::string& shown, bool judged) {
  if (std::isnan(value)) return "-";
  return judged ? shown : "(" + shown + ")";
}

std::string effective_draws(double value, bool judged) {
  char text[40];
  std::snprintf(text, sizeof text, "%.0f", value);
  return diagnostic(value, text, judged);
}

std::string plural(long long count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string rows_text(const FitSpec& u, const std::string& why_dropped) {
  if (u.rows == u.table_rows) return plural(u.rows, "row");
  std::string text = std::to_string(u.rows) + " of " + plural(u.table_rows, "row") + " used";
  if (u.missing_responses > 0) text += ", responses of " + std::to_string(u.missing_responses) + " more drawn";
  if (u.dropped_rows() > 0) text += ", " + std::to_string(u.dropped_rows()) + " dropped for " + why_dropped;
  return text;
}

void print_columns(const std::vector<std::pair<std::string, std::string>>& columns) {
  constexpr std::size_t kMost = 20;
  if (columns.empty()) return;
  std::size_t width = 0;
  const std::size_t shown = columns.size() <= kMost + 1 ? columns.size() : kMost;
  for (std::size_t k = 0; k < shown; ++k) width = std::max(width, characters(columns[k].first));
  std::printf("columns\n");
  for (std::size_t k = 0; k < shown; ++k)
    std::printf("  %s  %s\n", padded(columns[k].first, width).c_str(), columns[k].second.c_str());
  if (shown < columns.size()) std::printf("  ... and %zu more\n", columns.size() - shown);
}

void print_header(const DrawSource& file) {
  const FitSpec spec = file.spec().get<FitSpec>();
  const Understanding u = understand(spec);
  for (const std::string& formula : spec.frame.formulas) std::printf("%s\n", formula.c_str());
  std::printf("family %s (%s)%s%s\n", family_name(spec.family).c_str(), u.link.c_str(), u.meaning.empty() ? "" : ", ",
              u.meaning.c_str());
  if (!u.network.empty()) std::printf("network of %s\n", u.network.c_str());
  std::printf("%s", rows_text(spec, u.why_dropped).c_str());
  for (const auto& [group, levels] : u.groups)
    std::printf("; %s: %s", group.c_str(), plural(static_cast<long long>(levels), "level").c_str());
  std::printf("\n");
  print_columns(spec.frame.columns);
  const std::string draws = file.draws() == 0 ? " before the first draw"
                                              : " of " + plural(static_cast<long long>(file.draws()), "draw") +
                                                    " after " + plural(spec.run.warmup, "warm-up sweep");
  std::printf("%s%s on %s, %s%s\n", plural(file.chains(), "chain").c_str(), draws.c_str(), spec.run.device.c_str(),
              duration(spec.seconds).c_str(),
              file.spec().at("progress").at("complete").get<bool>() ? ""
              : file.being_written()                                ? " (the run goes on)"
                                                                    : " (incomplete: continue with 'bdglm resume')");
  if (!u.effects.empty()) std::printf("%s\n", with_options(u.effects).c_str());
  // The line of rows has said this one.
  const std::string dropped =
      std::to_string(spec.dropped_rows()) + " of " + std::to_string(spec.table_rows) + " rows dropped";
  for (const std::string& note : spec.notes)
    if (note.rfind(dropped, 0) != 0) std::printf("note: %s\n", with_options(note).c_str());
  std::printf("\n");
}

/// Adds the names of those of `parameters` that are among `names`, but for the twenty for which `weight` is greatest.
template <class Weight>
void add_lesser(const std::vector<ParameterSummary>& parameters, const std::set<std::string>& names,
                const Weight& weight, std::set<std::string>& less) {
  constexpr std::size_t kMost = 20;
  std::vector<const ParameterSummary*> of_matrices;
  for (const ParameterSummary& p : parameters)
    if (names.count(p.name) > 0) of_matrices.push_back(&p);
  std::stable_sort(of_matrices.begin(), of_matrices.end(),
                   [&](const ParameterSummary* a, const ParameterSummary* b) { return weight(*a) > weight(*b); });
  for (std::size_t k = kMost; k < of_matrices.size(); ++k) less.insert(of_matrices[k]->name);
}

/// The relevances and coefficients of matrices' columns but for the greatest: of coefficients, in standard deviations.
std::set<std::string> less_relevant(const DrawSource& file, const std::vector<ParameterSummary>& parameters) {
  const FitSpec spec = file.spec().get<FitSpec>();
  const std::vector<std::string> predictors = predictor_names(spec.family, spec.frame);
  std::set<std::string> relevances;
  std::set<std::string> coefficients;
  for (const auto& [matrix, block] : spec.frame.blocks)
    for (const std::string& column : spec.frame.with_block_columns({matrix})) {
      relevances.insert("input_relevance[" + column + "]");
      for (const std::string& predictor : predictors)
        coefficients.insert("b[" + name_in_predictor(predictor, column) + "]");
    }
  std::set<std::string> less;
  add_lesser(
      parameters, relevances, [](const ParameterSummary& p) { return p.mean; }, less);
  add_lesser(
      parameters, coefficients, [](const ParameterSummary& p) { return p.sd > 0 ? std::fabs(p.mean) / p.sd : 0; },
      less);
  return less;
}

}  // namespace

std::string json_text(const nlohmann::json& json) {
  return json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void print_summary(const DrawSource& file, const std::vector<ParameterSummary>& parameters, bool all) {
  print_header(file);
  if (parameters.empty()) return;
  std::size_t width = 9;
  bool all_judged = true;
  for (const ParameterSummary& p : parameters) width = std::max(width, characters(p.name));
  std::printf("%-*s %10s %10s %10s %10s %10s %9s %9s %8s\n", static_cast<int>(width), "parameter", "mean", "sd", "2.5%",
              "50%", "97.5%", "ess_bulk", "ess_tail", "rhat");
  const std::set<std::string> less = all ? std::set<std::string>() : less_relevant(file, parameters);
  std::size_t left_out = 0;
  bool of_coefficients = false;
  const auto tell_left_out = [&] {
    if (left_out > 0)
      std::printf("... and %zu %s (summary --all)\n", left_out,
                  of_coefficients ? "less certain coefficients of matrices" : "less relevant columns");
    left_out = 0;
  };
  for (const ParameterSummary& p : parameters) {
    if (less.count(p.name) > 0) {
      ++left_out;
      of_coefficients = p.name.rfind("b[", 0) == 0;
      continue;
    }
    if (p.name.rfind(of_coefficients ? "b[" : "input_relevance[", 0) != 0) tell_left_out();
    const bool counts = p.judged;
    all_judged = all_judged && counts;
    std::printf("%s %s %s %s %s %s %9s %9s %8s\n", padded(p.name, width).c_str(), cell(p.mean).c_str(),
                cell(p.sd).c_str(), cell(p.q2_5).c_str(), cell(p.q50).c_str(), cell(p.q97_5).c_str(),
                effective_draws(p.ess_bulk, counts).c_str(), effective_draws(p.ess_tail, counts).c_str(),
                diagnostic(p.rhat, rhat_text(p.rhat), counts).c_str());
  }
  tell_left_out();
  if (!all_judged)
    std::printf(
        "\nin parentheses: shares its meaning with the network and is not judged; look at prediction for "
        "convergence\n");
}

}  // namespace bdglm::cli
