// Fits beside each other: whether they are of the same responses, differences row by row, stacking weights.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "diagnostics/stacking.hpp"
#include "family/family.hpp"
#include "posterior/predictive_accuracy.hpp"

namespace bdglm {
namespace {

std::string response_text(const AssessedFit& fit, Eigen::Index i) {
  const double y = fit.response[i];
  return fit.response_levels.empty() ? number_text(y) : "'" + fit.response_levels[static_cast<std::size_t>(y)] + "'";
}

bool same_response(const AssessedFit& a, const AssessedFit& b, Eigen::Index i) {
  if (a.response_levels.empty() && b.response_levels.empty()) return a.response[i] == b.response[i];
  return response_text(a, i) == response_text(b, i);
}

/// What the log likelihood of a row is multiplied by.
double frequency(const AssessedFit& fit, Eigen::Index i) {
  return describe(fit.family).weight == WeightKind::frequency ? fit.weights[i] : 1;
}

void check_same_rows(const AssessedFit& a, const AssessedFit& b, const std::string& cannot) {
  if (a.rows == b.rows) return;
  std::vector<std::size_t> only;
  std::set_symmetric_difference(a.rows.begin(), a.rows.end(), b.rows.begin(), b.rows.end(), std::back_inserter(only));
  const std::size_t row = only.at(0);
  const bool in_a = std::binary_search(a.rows.begin(), a.rows.end(), row);
  const auto size = [](const AssessedFit& fit) {
    return "'" + fit.name + "' has " + std::to_string(fit.rows.size()) + (fit.rows.size() == 1 ? " row" : " rows");
  };
  throw DataError(cannot + size(a) + ", " + size(b) + "; row " + std::to_string(row + 1) + " of the table is in '" +
                  (in_a ? a : b).name +
                  "' alone. Rows with missing values in a column of the formula, of weight zero or without trials are "
                  "left out: fit all models to a table without them");
}

}  // namespace

void check_same_responses(const AssessedFit& a, const AssessedFit& b) {
  const std::string cannot = "'" + a.name + "' and '" + b.name + "' cannot be compared: ";
  check_same_rows(a, b, cannot);
  const bool probabilities = describe(a.family).discrete;
  if (probabilities != describe(b.family).discrete)
    throw DataError(cannot + "family " + family_name((probabilities ? a : b).family) +
                    " gives a response a probability, family " + family_name((probabilities ? b : a).family) +
                    " a density, which are not of the same kind");
  const auto differ = [&](const std::string& what, Eigen::Index i, const std::string& of_a, const std::string& of_b) {
    throw DataError(cannot + what + " of row " + std::to_string(a.rows[static_cast<std::size_t>(i)] + 1) + " is " +
                    of_a + " in '" + a.name + "', but " + of_b + " in '" + b.name + "'");
  };
  for (Eigen::Index i = 0; i < a.response.size(); ++i) {
    if (!same_response(a, b, i)) differ("the response", i, response_text(a, i), response_text(b, i));
    if (a.trials[i] != b.trials[i])
      differ("the number of trials", i, number_text(a.trials[i]), number_text(b.trials[i]));
    if (frequency(a, i) != frequency(b, i))
      differ("the frequency", i, number_text(frequency(a, i)), number_text(frequency(b, i)));
  }
}

Comparison compare_fits(const std::vector<AssessedFit>& fits) {
  Comparison result;
  std::vector<std::size_t> order(fits.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return fits[a].accuracy.elpd_loo.value > fits[b].accuracy.elpd_loo.value;
  });
  result.rows = fits.at(0).accuracy.rows.size();
  Eigen::MatrixXd elpd(static_cast<Eigen::Index>(result.rows), static_cast<Eigen::Index>(fits.size()));
  for (std::size_t k = 0; k < order.size(); ++k)
    for (std::size_t i = 0; i < result.rows; ++i)
      elpd(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)) = fits[order[k]].accuracy.rows[i].elpd_loo;
  const Eigen::VectorXd weights = stacking_weights(elpd);
  for (std::size_t k = 0; k < order.size(); ++k) {
    const AssessedFit& fit = fits[order[k]];
    const auto column = static_cast<Eigen::Index>(k);
    const Eigen::ArrayXd difference = (elpd.col(0) - elpd.col(column)).array();
    Comparison::Model model;
    model.name = fit.name;
    model.elpd_loo = fit.accuracy.elpd_loo;
    model.p_loo = fit.accuracy.p_loo;
    model.difference = {difference.sum(), std::sqrt((difference - difference.mean()).square().sum())};
    model.weight = weights[column];
    model.unreliable = fit.accuracy.unreliable();
    result.models.push_back(std::move(model));
  }
  for (const AssessedFit& fit : fits)
    for (const std::string& note : fit.accuracy.notes) result.notes.push_back("'" + fit.name + "': " + note);
  return result;
}

void to_json(nlohmann::json& json, const Comparison& comparison) {
  json = {{"rows", comparison.rows}, {"models", nlohmann::json::array()}};
  for (const Comparison::Model& m : comparison.models)
    json["models"].push_back({{"name", m.name},
                              {"elpd_loo", m.elpd_loo.value},
                              {"se", m.elpd_loo.se},
                              {"p_loo", m.p_loo.value},
                              {"elpd_diff", m.difference.value},
                              {"dse", m.difference.se},
                              {"weight", m.weight},
                              {"unreliable", m.unreliable}});
}

}  // namespace bdglm
