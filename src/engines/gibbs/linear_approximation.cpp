// Averages over the warm-up, and the Gaussian that they make.
#include "engines/gibbs/linear_approximation.hpp"

#include <Eigen/Eigenvalues>

#include "bdglm/error.hpp"

namespace bdglm {
namespace {

RowMatrix theta_and_gradient(const State& state, const Context& context) {
  RowMatrix both(state.theta.rows(), 2);
  both.col(0) = context.backend.download(state.theta);
  both.col(1) = coefficient_gradient(both.col(0), state, context);
  return both;
}

std::vector<RowMatrix> all_curvatures(const State& state, const Context& context) {
  std::vector<RowMatrix> all;
  all.reserve(static_cast<std::size_t>(context.model.shape.predictors()));
  for (int c = 0; c < context.model.shape.predictors(); ++c) all.push_back(curvatures_with(state, context, c));
  return all;
}

std::string curvature_name(std::size_t c) { return "linear_curvature" + std::to_string(c); }

}  // namespace

Eigen::MatrixXd likelihood_information(const Context& context, const std::vector<RowMatrix>& curvatures) {
  const Backend& backend = context.backend;
  const NetworkShape& shape = context.model.shape;
  Eigen::MatrixXd all = Eigen::MatrixXd::Zero(shape.size(), shape.size());
  const auto gram = [&](const std::vector<Matrix>& blocks, const Eigen::VectorXd& weights) {
    return backend.weighted_gram(blocks, backend.uploaded(weights));
  };
  for (int c = 0; c < shape.predictors(); ++c) {
    const Matrix& own = context.data.fixed[static_cast<std::size_t>(c)];
    const int width = shape.head(c).fixed;
    const RowMatrix& weights = curvatures[static_cast<std::size_t>(c)];
    all.block(shape.fixed_offset(c), shape.fixed_offset(c), width, width) = gram({own}, weights.row(c).transpose());
    for (int d = 0; d < c; ++d) {
      const Matrix& other = context.data.fixed[static_cast<std::size_t>(d)];
      const Eigen::VectorXd negative = -weights.row(d).transpose();
      const bool same = own.storage() == other.storage();
      const RowMatrix both = same ? gram({own}, negative) : gram({own, other}, negative);
      const int across = shape.head(d).fixed;
      const auto part = same ? both.topLeftCorner(width, across) : both.topRightCorner(width, across);
      all.block(shape.fixed_offset(c), shape.fixed_offset(d), width, across) = -part;
      all.block(shape.fixed_offset(d), shape.fixed_offset(c), across, width) = -part.transpose();
    }
  }
  return all;
}

Eigen::VectorXd coefficient_gradient(const Eigen::VectorXd& theta, const State& state, const Context& context) {
  const Backend& backend = context.backend;
  const Matrix at = backend.uploaded(RowMatrix(theta));
  Matrix score = backend.allocate(theta.size(), 1);
  Matrix eta = backend.allocate(state.eta.rows(), 1);
  backend.gradient(context.network(state), at, state.base, state.likelihood, score, eta);
  const Eigen::VectorXd slope = backend.download(score);
  return slope + context.theta_prior_slope(theta, state);
}

void LinearApproximation::factor(const Eigen::MatrixXd& precision) {
  precision_ = precision;
  factor_.compute(precision_);
  if (factor_.info() != Eigen::Success)
    throw NumericalError(
        "the information matrix of the coefficients is not positive definite; rescale columns of very different size");
}

void LinearApproximation::set_axes() {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(family_.covariance());
  axes_ = solver.eigenvectors() * solver.eigenvalues().cwiseMax(0.0).cwiseSqrt().asDiagonal();
}

void LinearApproximation::set_here(const State& state, const Context& context) {
  Eigen::MatrixXd precision = likelihood_information(context, all_curvatures(state, context));
  context.add_theta_prior_precision(state, precision);
  factor(precision);
  const RowMatrix here = theta_and_gradient(state, context);
  centre_ = here.col(0) + factor_.solve(here.col(1));
}

void LinearApproximation::add(const State& state, const Context& context) {
  const std::vector<RowMatrix> curvatures = all_curvatures(state, context);
  const RowMatrix here = theta_and_gradient(state, context);
  if (count_ == 0) {
    curvatures_ = curvatures;
    sums_ = here;
  } else {
    for (std::size_t c = 0; c < curvatures.size(); ++c) curvatures_[c] += curvatures[c];
    sums_ += here;
  }
  count_ += 1;
}

void LinearApproximation::set_averages(State& state, const Context& context) {
  if (count_ > 0) {
    for (RowMatrix& curvatures : curvatures_) curvatures /= count_;
    Eigen::MatrixXd precision = likelihood_information(context, curvatures_);
    context.add_theta_prior_precision(state, precision);
    factor(precision);
    centre_ = sums_.col(0) / count_ + factor_.solve(sums_.col(1) / count_);
    count_ = 0;
  }
  set_family_averages(state, context);
}

void LinearApproximation::set_family_averages(State& state, const Context& context) {
  const bool known = family_.set();
  family_.restart();
  if (!known) return;
  set_axes();
  const Eigen::VectorXd& mean = family_.mean();
  const Eigen::Index k = mean.size();
  // theta's mode moves by P^-1 times the change of the gradient.
  const FamilyCoordinates coordinates(context.model);
  const Eigen::VectorXd parameters = state.parameters;
  const Eigen::VectorXd cutpoints = state.cutpoints;
  const auto gradient_at = [&](const Eigen::VectorXd& x) {
    coordinates.put(x, state, context);
    return coefficient_gradient(centre_, state, context);
  };
  by_family_.resize(centre_.size(), k);
  for (Eigen::Index j = 0; j < k; ++j) {
    const Eigen::VectorXd step = std::sqrt(family_.covariance()(j, j)) * Eigen::VectorXd::Unit(k, j);
    by_family_.col(j) = factor_.solve(gradient_at(mean + step) - gradient_at(mean - step)) / (2 * step[j]);
  }
  state.parameters = parameters;
  state.cutpoints = cutpoints;
  set_parameters(state, context);
  if (!by_family_.allFinite()) family_ = {};
}

void LinearApproximation::save(Archive& archive) const {
  if (empty()) return;
  archive["linear_precision"] = precision_;
  archive["linear_centre"] = centre_;
  family_.save("linear_family", archive);
  if (has_family()) archive["linear_by_family"] = by_family_;
  archive["linear_count"] = RowMatrix::Constant(1, 1, count_);
  if (count_ == 0) return;
  archive["linear_sums"] = sums_;
  for (std::size_t c = 0; c < curvatures_.size(); ++c) archive[curvature_name(c)] = curvatures_[c];
}

void LinearApproximation::load(const Archive& archive) {
  *this = {};
  if (archive.count("linear_centre") == 0) return;
  const auto get = [&](const std::string& name) -> const RowMatrix& { return archived(archive, name); };
  factor(get("linear_precision"));
  centre_ = get("linear_centre");
  family_.load("linear_family", archive);
  if (has_family()) {
    by_family_ = get("linear_by_family");
    set_axes();
  }
  count_ = get("linear_count")(0, 0);
  if (count_ == 0) return;
  sums_ = get("linear_sums");
  for (auto next = archive.find(curvature_name(0)); next != archive.end();
       next = archive.find(curvature_name(curvatures_.size())))
    curvatures_.push_back(next->second);
}

}  // namespace bdglm
