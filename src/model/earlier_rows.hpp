// What earlier rows say of the coefficients: the prior of an updated fit, and coordinates in which it is independent.
#pragma once

#include <Eigen/Core>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/row_matrix.hpp"

namespace bdglm {

struct Model;

/// A joint normal distribution.
struct JointNormal {
  Eigen::VectorXd mean;
  Eigen::MatrixXd covariance;
};

/// What the likelihood of rows y ~ N(X beta, sigma^2 / w) reads of them: R of the QR decomposition of root(w) [X y],
/// (p + 1) x (p + 1), upper triangular, with R'R = [X y]' W [X y]; and their number.
struct SufficientStatistics {
  Eigen::MatrixXd factor;
  double rows = 0;

  /// Adds rows, n x (p + 1): X and y, times the roots of the weights.
  void add(const RowMatrix& weighted);
};

/// The prior of an updated fit's fixed coefficients, predictor by predictor, and then of the family's coordinates
/// (FamilyCoordinates). Coefficients are in the user's units but for intercepts, which are those of columns less
/// `centers`, so that no digits are lost where columns are far from zero.
struct EarlierRows {
  long long rows = 0;                    ///< that the prior has seen
  std::vector<Eigen::VectorXd> centers;  ///< of each right side's columns
  JointNormal joint;
  /// Of rows whose likelihood stands beside that prior, exactly, with X less the centers and y less the offset.
  std::optional<SufficientStatistics> statistics;
  int anchor = -1;  ///< of ordered levels, the cutpoint that the intercept is less of
  std::map<std::string, std::vector<std::string>> groups;  ///< the levels of each grouping that have been seen
  std::vector<std::string> warnings;  ///< of the fits that the prior is from, and of how it goes with the new rows
};

/// "the fit has seen rows of 'g4', a group of 'g', which row 2 belongs to".
inline std::string seen_group_text(const std::string& group, const std::string& level, const std::string& row) {
  return "the fit has seen rows of '" + level + "', a group of '" + group + "', which " + row + " belongs to";
}

void to_json(nlohmann::json& json, const EarlierRows& earlier);
void from_json(const nlohmann::json& json, EarlierRows& earlier);

/// The likelihood of earlier rows of a Gaussian response in the sampler's coefficients theta, sigma^-rows exp(-(squares
/// + sum_k (target_k - scale_k theta_k)^2) / (2 sigma^2)): math note, section 15.
struct EarlierLikelihood {
  double rows = 0;
  double squares = 0;
  Eigen::VectorXd scale, target;  ///< empty where there are no such rows

  bool empty() const { return scale.size() == 0; }
  double squares_at(const Eigen::VectorXd& theta) const {
    return squares + (target - scale.cwiseProduct(theta)).squaredNorm();
  }
  /// Its logarithm with theta ~ N(prior mean, I) integrated out, up to a constant.
  double log_marginal(double variance, const Eigen::VectorXd& prior_mean) const;
};

/// How coefficients of several predictors and the family's coordinates x hang together: theta given x has the precision
/// I + coupling about (fixed prior mean) + by_family (x - mean), x has `mean` and `precision`.
struct PriorCoupling {
  Eigen::MatrixXd across;  ///< zero within each predictor; empty for one
  Eigen::MatrixXd by_family;
  Eigen::VectorXd mean;
  Eigen::MatrixXd precision;
};

/// Gives the model of an updated fit the coordinates in which prior and earlier likelihood are independent in the
/// coefficients of each predictor. Throws NumericalError for a covariance that is not positive definite.
void set_prior_coordinates(Model& model);

}  // namespace bdglm
