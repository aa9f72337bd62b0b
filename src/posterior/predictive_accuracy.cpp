// Leave-one-out and WAIC from the log likelihood of rows by draws.
#include "posterior/predictive_accuracy.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "bdglm/error.hpp"
#include "diagnostics/diagnostics.hpp"
#include "diagnostics/leave_one_out.hpp"
#include "posterior/parallel.hpp"
#include "posterior/row_likelihoods.hpp"

namespace bdglm {
namespace {

/// As ArviZ takes it: effective draws for the mean, over all quantities of the posterior; one for a single chain.
double relative_efficiency(const DrawSource& source, const std::vector<DrawPlace>& draws, int threads) {
  if (source.chains() < 2) return 1;
  const auto total = static_cast<Eigen::Index>(draws.size());
  const Eigen::Index per_chain = total / source.chains();
  double sum = 0;
  double count = 0;
  for (const std::string& name : source.variables("posterior")) {
    const RowMatrix all = source.read("posterior", name);
    std::vector<double> effective(static_cast<std::size_t>(all.cols()));
    for_each_index(threads, all.cols(), [&](Eigen::Index k) {
      ChainDraws chains(per_chain, source.chains());
      for (Eigen::Index s = 0; s < total; ++s) {
        const DrawPlace& place = draws[static_cast<std::size_t>(s)];
        chains.data()[s] =
            all(static_cast<Eigen::Index>(static_cast<std::size_t>(place.chain) * source.draws() + place.draw), k);
      }
      effective[static_cast<std::size_t>(k)] = mean_ess(chains);
    });
    sum += std::accumulate(effective.begin(), effective.end(), 0.0);
    count += static_cast<double>(effective.size());
  }
  const double efficiency = sum / count / static_cast<double>(total);
  return std::isfinite(efficiency) ? efficiency : 1;  // too few draws of a chain to tell
}

template <class Term>
Estimate total(const std::vector<LeaveOneOut::Row>& rows, const Term& term) {
  const auto count = static_cast<double>(rows.size());
  Estimate estimate;
  for (const LeaveOneOut::Row& row : rows) estimate.value += term(row);
  const double mean = estimate.value / count;
  double squares = 0;
  for (const LeaveOneOut::Row& row : rows) squares += (term(row) - mean) * (term(row) - mean);
  estimate.se = std::sqrt(squares);  // count times the variance over the rows
  return estimate;
}

std::string rows_text(std::size_t count) { return std::to_string(count) + (count == 1 ? " row" : " rows"); }

void add_notes(const Design& design, LeaveOneOut& result) {
  const std::size_t unreliable = result.unreliable();
  if (unreliable > 0)
    result.notes.push_back("the Pareto k of " + rows_text(unreliable) +
                           " is above the threshold: elpd_loo is not reliable there; score " +
                           (unreliable == 1 ? "this row by a fit without it" : "these rows by fits without them"));
  const auto spread = static_cast<std::size_t>(std::count_if(
      result.rows.begin(), result.rows.end(), [](const LeaveOneOut::Row& row) { return row.p_waic > 0.4; }));
  if (spread > 0)
    result.notes.push_back("p_waic of " + rows_text(spread) +
                           " is above 0.4: elpd_waic is not reliable; take elpd_loo");
  if (result.rows.size() < design.rows.size())
    result.notes.push_back(rows_text(design.rows.size() - result.rows.size()) +
                           " of weight zero or without trials left out");
}

}  // namespace

std::size_t LeaveOneOut::unreliable() const {
  return static_cast<std::size_t>(
      std::count_if(rows.begin(), rows.end(), [&](const Row& row) { return row.pareto_k > k_threshold; }));
}

LeaveOneOut leave_one_out(const DrawSource& source, const Design& design, int threads) {
  const RowLikelihoods likelihoods(source, threads);
  const Predictor& predictor = likelihoods.predictor();
  LeaveOneOut result;
  result.notes = likelihoods.notes();
  result.draws = predictor.draws().size();
  result.relative_efficiency = relative_efficiency(source, predictor.draws(), predictor.threads());
  result.k_threshold = pareto_k_threshold(static_cast<double>(result.draws));

  std::vector<RowAccuracy> rows(design.rows.size());
  likelihoods.for_each_row(design, [&](Eigen::Index row, const Eigen::ArrayXd& log_likelihood) {
    rows[static_cast<std::size_t>(row)] = row_accuracy(log_likelihood, result.relative_efficiency);
  });
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (design.weights[static_cast<Eigen::Index>(i)] > 0)
      result.rows.push_back({design.rows[i] + 1, rows[i].elpd_loo, rows[i].p_loo(), rows[i].pareto_k,
                             rows[i].elpd_waic(), rows[i].p_waic});
  result.elpd_loo = total(result.rows, [](const auto& row) { return row.elpd_loo; });
  result.p_loo = total(result.rows, [](const auto& row) { return row.p_loo; });
  result.elpd_waic = total(result.rows, [](const auto& row) { return row.elpd_waic; });
  result.p_waic = total(result.rows, [](const auto& row) { return row.p_waic; });
  add_notes(design, result);
  return result;
}

void to_json(nlohmann::json& json, const LeaveOneOut& a) {
  json = {{"rows", a.rows.size()},
          {"draws", a.draws},
          {"relative_efficiency", a.relative_efficiency},
          {"elpd_loo", a.elpd_loo.value},
          {"elpd_loo_se", a.elpd_loo.se},
          {"p_loo", a.p_loo.value},
          {"p_loo_se", a.p_loo.se},
          {"looic", -2 * a.elpd_loo.value},
          {"looic_se", 2 * a.elpd_loo.se},
          {"elpd_waic", a.elpd_waic.value},
          {"elpd_waic_se", a.elpd_waic.se},
          {"p_waic", a.p_waic.value},
          {"p_waic_se", a.p_waic.se},
          {"k_threshold", a.k_threshold},
          {"unreliable", a.unreliable()}};
  nlohmann::json& rows = json["by_row"];
  for (const char* name : {"row", "elpd_loo", "pareto_k", "elpd_waic", "p_waic"}) rows[name] = nlohmann::json::array();
  for (const LeaveOneOut::Row& row : a.rows) {
    rows["row"].push_back(row.number);
    rows["elpd_loo"].push_back(row.elpd_loo);
    rows["pareto_k"].push_back(row.pareto_k);
    rows["elpd_waic"].push_back(row.elpd_waic);
    rows["p_waic"].push_back(row.p_waic);
  }
}

}  // namespace bdglm
