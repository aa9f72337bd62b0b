// Sufficient statistics of earlier rows, JSON, and the coordinates of an updated model.
#include "model/earlier_rows.hpp"

#include <Eigen/Cholesky>
#include <Eigen/LU>
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
          {"coefficients", nlohmann::json::array()},
          {"anchor", earlier.anchor},
          {"groups", earlier.groups}};
  for (const Eigen::VectorXd& center : earlier.centers) json["centers"].push_back(numbers_of(center));
  for (const JointNormal& c : earlier.coefficients)
    json["coefficients"].push_back({{"mean", numbers_of(c.mean)}, {"covariance", lower_triangle(c.covariance)}});
  if (earlier.statistics)
    json["statistics"] = {{"rows", earlier.statistics->rows},
                          {"factor", lower_triangle(earlier.statistics->factor.transpose())}};
}

void from_json(const nlohmann::json& json, EarlierRows& earlier) {
  earlier = {};
  json.at("rows").get_to(earlier.rows);
  json.at("anchor").get_to(earlier.anchor);
  json.at("groups").get_to(earlier.groups);
  for (const nlohmann::json& center : json.at("centers")) earlier.centers.push_back(vector_from(center));
  for (const nlohmann::json& c : json.at("coefficients")) {
    JointNormal normal;
    normal.mean = vector_from(c.at("mean"));
    const Eigen::MatrixXd lower = triangle_from(c.at("covariance"), normal.mean.size());
    normal.covariance = lower.selfadjointView<Eigen::Lower>();
    earlier.coefficients.push_back(std::move(normal));
  }
  if (!json.contains("statistics")) return;
  const nlohmann::json& statistics = json.at("statistics");
  const Eigen::Index size = earlier.coefficients.at(0).mean.size() + 1;
  earlier.statistics = {triangle_from(statistics.at("factor"), size).transpose(), statistics.at("rows").get<double>()};
}

double EarlierLikelihood::log_marginal(double variance, const Eigen::VectorXd& prior_mean) const {
  const Eigen::ArrayXd spread = variance + scale.array().square();
  const Eigen::ArrayXd residual = target.array() - scale.array() * prior_mean.array();
  return -0.5 * (spread.log() + residual.square() / spread).sum() -
         0.5 * (rows - static_cast<double>(scale.size())) * std::log(variance) - 0.5 * squares / variance;
}

void set_prior_coordinates(Model& model) {
  const EarlierRows& earlier = *model.priors.earlier;
  Eigen::Index from = 0;
  model.fixed_prior_precision.setOnes(model.shape.all_fixed());
  model.fixed_prior_mean.resize(model.shape.all_fixed());
  for (const JointNormal& normal : earlier.coefficients) {
    const Eigen::Index size = normal.mean.size();
    const Eigen::LLT<Eigen::MatrixXd> llt(normal.covariance);
    if (llt.info() != Eigen::Success)
      throw NumericalError(
          "the covariance of the earlier coefficients is not positive definite: some of them are combinations of "
          "others in all draws; fit all rows together");
    Eigen::MatrixXd root = llt.matrixL();
    if (earlier.statistics && size > 0) {
      // With R of the rows, |z - R root theta|^2: the singular vectors make it a sum over coefficients, and a rotation
      // leaves the standard normal prior what it is.
      const Eigen::MatrixXd& r = earlier.statistics->factor;
      const Eigen::VectorXd z = r.topRightCorner(size, 1);
      const Eigen::BDCSVD<Eigen::MatrixXd> svd(r.topLeftCorner(size, size) * root,
                                               Eigen::ComputeFullU | Eigen::ComputeFullV);
      root *= svd.matrixV();
      model.earlier.rows = earlier.statistics->rows;
      model.earlier.squares = r(size, size) * r(size, size);
      model.earlier.scale = svd.singularValues();
      model.earlier.target = svd.matrixU().transpose() * z;
      model.fixed_prior_mean.segment(from, size) = root.lu().solve(normal.mean);
    } else {
      model.fixed_prior_mean.segment(from, size) = llt.matrixL().solve(normal.mean);
    }
    model.rotation.push_back(std::move(root));
    from += size;
  }
}

}  // namespace bdglm
