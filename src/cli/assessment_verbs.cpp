// bdglm loo, compare and check: what fits say of themselves.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "bdglm/posterior.hpp"
#include "cli/console.hpp"
#include "cli/data_arguments.hpp"
#include "cli/options.hpp"
#include "cli/verbs.hpp"
#include "cli/words.hpp"
#include "posterior/predict.hpp"
#include "posterior/predictive_accuracy.hpp"
#include "posterior/predictive_check.hpp"

namespace bdglm::cli {
namespace {

struct AssessmentArguments {
  std::vector<std::string> files;
  DataArguments data;
  std::string groups = "new";
  int threads = 0;
  bool json = false;
};

void print_notes(const std::vector<std::string>& notes) {
  std::fflush(stdout);
  for (const std::string& note : notes) std::cerr << "note: " << with_options(note) << '\n';
}

void print_estimate(const char* name, const Estimate& estimate, double times = 1) {
  std::printf("%-10s %12.2f %10.2f\n", name, times * estimate.value, std::fabs(times) * estimate.se);
}

/// How many rows have a Pareto k that is good, bad or very bad, and the worst of them.
void print_pareto_k(const LeaveOneOut& loo) {
  if (loo.k_threshold <= 0) {
    std::printf("\nPareto k   cannot be judged: %zu draws are too few\n", loo.draws);
    return;
  }
  std::size_t very_bad = 0;
  std::vector<LeaveOneOut::Row> worst;
  for (const LeaveOneOut::Row& row : loo.rows) {
    very_bad += row.pareto_k > std::max(1.0, loo.k_threshold) ? 1 : 0;
    if (row.pareto_k > loo.k_threshold) worst.push_back(row);
  }
  std::printf("\nPareto k   good (to %.2f): %zu rows; bad (to 1): %zu; very bad: %zu\n", loo.k_threshold,
              loo.rows.size() - worst.size(), worst.size() - very_bad, very_bad);
  std::stable_sort(worst.begin(), worst.end(),
                   [](const LeaveOneOut::Row& a, const LeaveOneOut::Row& b) { return a.pareto_k > b.pareto_k; });
  constexpr std::size_t kMost = 10;
  for (std::size_t i = 0; i < std::min(kMost, worst.size()); ++i)
    std::printf("  row %zu  k %.2f  elpd_loo %.3f\n", worst[i].number, worst[i].pareto_k, worst[i].elpd_loo);
  if (worst.size() > kMost) std::printf("  ... and %zu more\n", worst.size() - kMost);
}

int run_loo(const AssessmentArguments& a) {
  const Posterior posterior = Posterior::open(a.files.at(0));
  const LeaveOneOut loo = posterior.loo(a.threads);
  if (a.json) {
    std::cout << json_text(nlohmann::json(loo)) << '\n' << std::flush;
  } else {
    std::printf("%zu rows, %zu draws of relative efficiency %.2f\n\n", loo.rows.size(), loo.draws,
                loo.relative_efficiency);
    std::printf("%-10s %12s %10s\n", "", "estimate", "se");
    print_estimate("elpd_loo", loo.elpd_loo);
    print_estimate("p_loo", loo.p_loo);
    print_estimate("looic", loo.elpd_loo, -2);
    print_estimate("elpd_waic", loo.elpd_waic);
    print_estimate("p_waic", loo.p_waic);
    print_pareto_k(loo);
  }
  print_notes(loo.notes);
  warn_of_convergence(posterior.warnings());
  return 0;
}

/// The notes of a comparison, and of which fits the chains do not agree.
void print_remarks(const std::vector<std::string>& notes, const std::vector<std::pair<std::string, Posterior>>& fits) {
  print_notes(notes);
  for (const auto& [name, posterior] : fits) warn_of_convergence(posterior.warnings(), name);
}

int run_compare(const AssessmentArguments& a) {
  if (a.files.size() < 2)
    throw UsageError("'bdglm compare' needs two fits or more; what one tells of itself: bdglm loo " + a.files.at(0));
  for (std::size_t k = 1; k < a.files.size(); ++k)
    for (std::size_t l = 0; l < k; ++l) {
      std::error_code none;  // a file that is not there is said to be so when it is opened
      if (std::filesystem::equivalent(a.files[k], a.files[l], none))
        throw UsageError("'" + a.files[l] + "' and '" + a.files[k] + "' are one fit; name others to compare it with");
    }
  std::vector<std::pair<std::string, Posterior>> fits;
  for (const std::string& file : a.files) fits.emplace_back(file, Posterior::open(file));
  const Comparison comparison = compare(fits, a.threads);
  if (a.json) {
    std::cout << json_text(nlohmann::json(comparison)) << '\n' << std::flush;
    print_remarks(comparison.notes, fits);
    return 0;
  }
  std::size_t width = 3;
  for (const Comparison::Model& model : comparison.models) width = std::max(width, characters(model.name));
  std::printf("%zu rows\n\n%s %11s %9s %9s %9s %8s %7s %6s\n", comparison.rows, padded("fit", width).c_str(),
              "elpd_loo", "se", "p_loo", "elpd_diff", "dse", "weight", "bad k");
  for (const Comparison::Model& m : comparison.models)
    std::printf("%s %11.2f %9.2f %9.2f %9.2f %8.2f %7.3f %6zu\n", padded(m.name, width).c_str(), m.elpd_loo.value,
                m.elpd_loo.se, m.p_loo.value, m.difference.value, m.difference.se, m.weight, m.unreliable);
  print_remarks(comparison.notes, fits);
  return 0;
}

int run_check(const AssessmentArguments& a) {
  const Posterior posterior = Posterior::open(a.files.at(0));
  const GroupMode groups = group_mode_from_name(a.groups);
  const PredictiveChecks result =
      a.data.given() ? posterior.check(a.data.read(), groups, a.threads) : posterior.check(groups, a.threads);
  if (a.json) {
    std::cout << json_text(nlohmann::json(result)) << '\n' << std::flush;
    print_notes(result.notes);
    warn_of_convergence(posterior.warnings());
    return 0;
  }
  std::size_t width = 12;
  for (const PredictiveCheck& check : result.checks) width = std::max(width, characters(check.statistic));
  std::printf("%lld rows; new responses at %zu draws\n\n%s %11s %11s %11s %11s %7s\n", result.rows, result.draws,
              padded("statistic", width).c_str(), "observed", "mean", "2.5%", "97.5%", "p");
  bool amiss = false;
  for (const PredictiveCheck& check : result.checks) {
    std::printf("%s %11.5g %11.5g %11.5g %11.5g %7.3f\n", padded(check.statistic, width).c_str(), check.observed,
                check.mean, check.q2_5, check.q97_5, check.p_value);
    amiss = amiss || !check.finding.empty();
  }
  if (amiss) std::printf("\n");
  for (const PredictiveCheck& check : result.checks)
    if (!check.finding.empty()) std::printf("%s: %s\n", check.statistic.c_str(), check.finding.c_str());
  print_notes(result.notes);
  warn_of_convergence(posterior.warnings());
  return 0;
}

std::shared_ptr<AssessmentArguments> add_common_options(CLI::App& verb) {
  auto a = std::make_shared<AssessmentArguments>();
  verb.add_option("--threads", a->threads, "Threads; 0 means all")->check(CLI::Range(0, 4096))->capture_default_str();
  verb.add_flag("--json", a->json, "Print JSON");
  return a;
}

}  // namespace

void add_loo(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("loo", "Estimate from a fit's own rows how well it predicts new ones");
  auto a = add_common_options(*verb);
  verb->add_option("file", a->files, "Fit file")->required()->expected(1);
  verb->callback([a, &action] { action = [a] { return run_loo(*a); }; });
  verb->footer(
      "\nelpd is the sum over rows of the log density of the row given all others: by Pareto smoothed importance\n"
      "sampling (elpd_loo; looic = -2 elpd_loo) and by WAIC. Where the Pareto k of a row is above the threshold its\n"
      "term is not reliable. A log likelihood saved by 'fit --save log_likelihood' is read, else it is computed.");
}

void add_compare(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("compare", "Compare fits of the same responses by leave-one-out");
  auto a = add_common_options(*verb);
  verb->add_option("file", a->files, "Fit files, two or more")->required();
  verb->callback([a, &action] { action = [a] { return run_compare(*a); }; });
  verb->footer(
      "\nThe best fit comes first. elpd_diff is its elpd_loo less that of the line, dse the standard error of that\n"
      "difference, weight the share in the mixture of all fits that predicts best (stacking), bad k the number of\n"
      "rows whose Pareto k is above the threshold.");
}

void add_check(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("check", "Compare statistics of the responses with what the model makes");
  auto a = add_common_options(*verb);
  CLI::Option* file = verb->add_option("file", a->files, "Fit file")->expected(1);
  CLI::Option* data =
      add_data(*verb, a->data, "Table of other rows to check, with the response; several files, '*.csv' or -", false);
  fit_may_follow_tables(*verb, file, data, a->data.tables, [a](std::string fit) { a->files = {std::move(fit)}; });
  add_group_levels(*verb, a->groups);
  verb->callback([a, &action] { action = [a] { return run_check(*a); }; });
  verb->footer(
      "\np is the share of draws whose new responses have a statistic of at least the observed one; a line below the\n"
      "table says where fewer than 1 % lie on one side of it. Without --data the fit's own rows are checked.");
}

}  // namespace bdglm::cli
