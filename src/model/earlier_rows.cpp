// Sufficient statistics of earlier rows, JSON, and the coordinates of an updated model.
#include "model/earlier_rows.hpp"

#include <Eigen/Cholesky>
#include <Eigen/QR>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "bdglm/error.hpp"
#include "model/model.hpp"

namespace bdglm {
namespace {

std::vector<double> numbers_of(const Eigen::VectorXd& v) { return {v.begin(), v.end()}; }

Eigen::VectorXd vector_from(const nlohmann::json& json) {
  const auto numbers = json.get<std::vector<double>>();
  return Eigen::Map<const Eigen::VectorXd>(numbers.data(), static_cast<Eigen::Index>(numbers.size()));
}

/// The rows of the lower triangle.
std::vector<double> lower_triangle(const Eigen::MatrixXd& m) {
  std::vector<double> numbers;
  for (Eigen::Index i = 0; i < m.rows(); ++i)
    for (Eigen::Index j = 0; j <= i; ++j) numbers.push_back(m(i, j));
  return numbers;
}

Eigen::MatrixXd triangle_from(const nlohmann::json& json, Eigen::Index size) {
  const Eigen::VectorXd numbers = vector_from(json);
  if (numbers.size() != size * (size + 1) / 2) throw DataError("a matrix of the fit's prior is damaged");
  Eigen::MatrixXd m = Eigen::MatrixXd::Zero(size, size);
  Eigen::Index at = 0;
  for (Eigen::Index i = 0; i < size; ++i)
    for (Eigen::Index j = 0; j <= i; ++j) m(i, j) = numbers[at++];
  return m;
}

}  // namespace

void SufficientStatistics::add(const RowMatrix& weighted) {
  constexpr Eigen::Index kBlock = 4096;
  const Eigen::Index size = weighted.cols();
  if (factor.size() == 0) factor.setZero(size, size);
  for (Eigen::Index from = 0; from < weighted.rows(); from += kBlock) {
    const Eigen::Index count = std::min(kBlock, weighted.rows() - from);
    Eigen::MatrixXd stacked(size + count, size);
    stacked << factor, weighted.middleRows(from, count);
    const Eigen::HouseholderQR<Eigen::MatrixXd> qr(stacked);
    factor = qr.matrixQR().topRows(size).triangularView<Eigen::Upper>();
  }
  rows += static_cast<double>(weighted.rows());
}

void to_json(nlohmann::json& json, const EarlierRows& earlier) {
  json = {{"rows", earlier.rows},
          {"centers", nlohmann::json::array()},
          {"mean", numbers_of(earlier.joint.mean)},
          {"covariance", lower_triangle(earlier.joint.covariance)},
          {"anchor", earlier.anchor},
          {"groups", earlier.groups},
          {"warnings", earlier.warnings}};
  for (const Eigen::VectorXd& center : earlier.centers) json["centers"].push_back(numbers_of(center));
  if (earlier.statistics)
    json["statistics"] = {{"rows", earlier.statistics->rows},
                          {"factor", lower_triangle(earlier.statistics->factor.transpose())}};
}

void from_json(const nlohmann::json& json, EarlierRows& earlier) {
  earlier = {};
  json.at("rows").get_to(earlier.rows);
  json.at("anchor").get_to(earlier.anchor);
  json.at("groups").get_to(earlier.groups);
  earlier.warnings = json.value("warnings", std::vector<std::string>());  // fits of before there were any have none
  for (const nlohmann::json& center : json.at("centers")) earlier.centers.push_back(vector_from(center));
  earlier.joint.mean = vector_from(json.at("mean"));
  const Eigen::MatrixXd lower = triangle_from(json.at("covariance"), earlier.joint.mean.size());
  earlier.joint.covariance = lower.selfadjointView<Eigen::Lower>();
  if (!json.contains("statistics")) return;
  const nlohmann::json& statistics = json.at("statistics");
  const Eigen::Index size = earlier.joint.mean.size() + 1;
  earlier.statistics = {triangle_from(statistics.at("factor"), size).transpose(), statistics.at("rows").get<double>()};
}

double EarlierLikelihood::log_marginal(double variance, const Eigen::VectorXd& prior_mean) const {
  const Eigen::ArrayXd spread = variance + scale.array().square();
  const Eigen::ArrayXd residual = target.array() - scale.array() * prior_mean.array();
  return -0.5 * (spread.log() + residual.square() / spread).sum() -
         0.5 * (rows - static_cast<double>(scale.size())) * std::log(variance) - 0.5 * squares / variance;
}

namespace {

Eigen::LLT<Eigen::MatrixXd> factored(const Eigen::MatrixXd& matrix) {
  Eigen::LLT<Eigen::MatrixXd> llt(matrix);
  if (llt.info() != Eigen::Success)
    throw NumericalError(
        "the covariance of the earlier coefficients is not positive definite: some of them are combinations of others "
        "in all draws; fit all rows together");
  return llt;
}

Eigen::MatrixXd inverse_of(const Eigen::MatrixXd& matrix) {
  return factored(matrix).solve(Eigen::MatrixXd::Identity(matrix.rows(), matrix.cols()));
}

/// With R of the rows, |z - R root theta|^2: the singular vectors make it a sum over coefficients, and a rotation
/// leaves the standard normal prior what it is.
void separate(const SufficientStatistics& statistics, Model& model) {
  Eigen::MatrixXd& root = model.rotation.front();
  const Eigen::MatrixXd& r = statistics.factor;
  const Eigen::Index size = root.rows();
  const Eigen::BDCSVD<Eigen::MatrixXd> svd(r.topLeftCorner(size, size) * root,
                                           Eigen::ComputeFullU | Eigen::ComputeFullV);
  root *= svd.matrixV();
  model.fixed_prior_mean = svd.matrixV().transpose() * model.fixed_prior_mean;
  model.earlier.rows = statistics.rows;
  model.earlier.squares = r(size, size) * r(size, size);
  model.earlier.scale = svd.singularValues();
  model.earlier.target = svd.matrixU().transpose() * r.topRightCorner(size, 1);
}

}  // namespace

void set_prior_coordinates(Model& model) {
  const EarlierRows& earlier = *model.priors.earlier;
  const Eigen::Index fixed = model.shape.all_fixed();
  const Eigen::Index family = earlier.joint.mean.size() - fixed;
  const Eigen::MatrixXd& s = earlier.joint.covariance;
  PriorCoupling& coupling = model.prior_coupling;
  coupling.mean = earlier.joint.mean.tail(family);
  coupling.precision = inverse_of(s.bottomRightCorner(family, family));
  coupling.by_family = s.topRightCorner(fixed, family) * coupling.precision;
  const Eigen::MatrixXd precision =
      inverse_of(s.topLeftCorner(fixed, fixed) - coupling.by_family * s.bottomLeftCorner(family, fixed));
  coupling.across = precision;
  model.fixed_prior_precision.setOnes(fixed);
  model.fixed_prior_mean = earlier.joint.mean.head(fixed);
  Eigen::Index from = 0;
  for (const Head& head : model.shape.heads) {
    // P = L L' of the predictor given the others: L' theta has the precision I.
    const Eigen::Index size = head.fixed;
    if (size == 0) {
      // A library's products are of rows.
      model.rotation.emplace_back();
      continue;
    }
    const Eigen::MatrixXd l = factored(precision.block(from, from, size, size)).matrixL();
    const auto lower = l.triangularView<Eigen::Lower>();
    model.rotation.push_back(lower.transpose().solve(Eigen::MatrixXd::Identity(size, size)));
    model.fixed_prior_mean.segment(from, size) = l.transpose() * model.fixed_prior_mean.segment(from, size).eval();
    coupling.by_family.middleRows(from, size) = l.transpose() * coupling.by_family.middleRows(from, size).eval();
    coupling.across.middleRows(from, size) = lower.solve(coupling.across.middleRows(from, size).eval());
    coupling.across.middleCols(from, size) =
        lower.solve(coupling.across.middleCols(from, size).transpose().eval()).transpose();
    coupling.across.block(from, from, size, size).setZero();
    from += size;
  }
  if (model.shape.predictors() == 1) coupling.across.resize(0, 0);
  if (earlier.statistics) separate(*earlier.statistics, model);
}

}  // namespace bdglm
