// A network's metric: Kronecker factors of the Fisher information (math note, section 8), and the archive of metrics.
#include "engines/gibbs/move_metric.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <cmath>

namespace bdglm {
namespace {

/// Factors wider than this are kept as diagonals: their eigenvectors would cost more than they save.
constexpr Eigen::Index kLargestFactor = 1024;

/// Added to every factor's eigenvalues, in units of their mean. While a network moves its factors turn, and its
/// stiff directions leave the averaged ones: undamped, two moves of three diverged after the warm-up.
constexpr double kDamping = 5;

/// What a layer's factors carry of the scales that are held during the move: its inputs the standard deviation
/// that the prior gives the activations below at the present tau, eta's derivatives the product of the tau above.
/// In `inputs` the layer's bias (of a head: beta) has scale one. Layers first, then heads.
struct LayerScales {
  Eigen::VectorXd inputs;
  double derivatives = 1;
};

std::vector<LayerScales> layer_scales(const State& state, const Context& context) {
  const NetworkShape& shape = context.model.shape;
  const int layers = shape.layers();
  const double bias_variance = context.model.priors.bias_sd * context.model.priors.bias_sd;
  std::vector<LayerScales> result(static_cast<std::size_t>(layers));
  double second_moment = 1;
  for (int l = 0; l < layers; ++l) {
    const int width = shape.input_width(l);
    LayerScales& layer = result[static_cast<std::size_t>(l)];
    layer.inputs.setOnes(width + 1);
    layer.inputs.head(width).setConstant(std::sqrt(second_moment));
    for (int k = l + 1; k <= layers; ++k)
      layer.derivatives *= std::sqrt(state.weight_variance[static_cast<std::size_t>(k)]);
    // Half of what enters a rectified unit leaves it.
    double columns = l == 0 ? 0 : 0.5 * width;
    for (Eigen::Index g = 0; l == 0 && g < state.relevance.size(); ++g)
      columns += state.relevance[g] * context.model.inputs.active[static_cast<std::size_t>(g)];
    second_moment = columns * state.weight_variance[static_cast<std::size_t>(l)] * second_moment + bias_variance;
  }
  for (const Head& head : shape.heads) {
    LayerScales own;
    own.inputs.setOnes(head.size());
    own.inputs.head(head.units).setConstant(std::sqrt(second_moment));
    result.push_back(own);
  }
  return result;
}

/// Divides second moments by the scales of their columns.
void unscale(const Eigen::VectorXd& scale, RowMatrix& moments) {
  const Eigen::VectorXd inverse = scale.cwiseInverse();
  if (moments.cols() == moments.rows())
    moments = inverse.asDiagonal() * moments * inverse.asDiagonal();
  else
    moments = inverse.array().square().matrix().asDiagonal() * moments;
}

/// Eigenvectors (empty for a diagonal) and damped eigenvalues of a factor.
std::pair<RowMatrix, Eigen::VectorXd> decompose(const RowMatrix& factor) {
  if (factor.size() == 0) return {};  // of a head without coefficients
  if (factor.cols() == 1) return {RowMatrix(), Eigen::VectorXd(factor.array() + kDamping * factor.mean())};
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver{Eigen::MatrixXd(factor)};
  const Eigen::VectorXd values = solver.eigenvalues().cwiseMax(0.0);
  return {RowMatrix(solver.eigenvectors()), Eigen::VectorXd(values.array() + kDamping * values.mean())};
}

Matrix uploaded_basis(const RowMatrix& basis, const Context& context) {
  return basis.size() == 0 ? Matrix() : context.backend.uploaded(basis);
}

}  // namespace

void MoveMetric::average(const State& state, const Context& context, double weight) {
  const Backend& backend = context.backend;
  const Eigen::VectorXd weights = curvatures(state, context);
  std::vector<FisherFactors> here =
      backend.fisher_factors(context.network(state), state.theta, backend.uploaded(weights), kLargestFactor);
  const double all_weights = backend.sum_of_parts(weights.sum());
  const std::vector<LayerScales> scales = layer_scales(state, context);
  const auto layers = static_cast<std::size_t>(context.model.shape.layers());
  const bool first = layers_.empty();
  layers_.resize(here.size());
  for (std::size_t l = 0; l < here.size(); ++l) {
    unscale(scales[l].inputs, here[l].inputs);
    // Of a head, the factor's own total; of a layer, that of all predictors.
    const double total = l < layers ? all_weights : here[l].derivatives.sum();
    here[l].derivatives /= scales[l].derivatives * scales[l].derivatives * std::max(total, 1e-300);
    Layer& layer = layers_[l];
    if (first) layer.factors = here[l];
    layer.factors.inputs += weight * (here[l].inputs - layer.factors.inputs);
    layer.factors.derivatives += weight * (here[l].derivatives - layer.factors.derivatives);
    auto [left, rows] = decompose(layer.factors.inputs);
    auto [right, cols] = decompose(layer.factors.derivatives);
    layer.left = left;
    layer.right = right;
    layer.eigenvalues = rows * cols.transpose();
  }
  upload_bases(context);
}

void MoveMetric::upload_bases(const Context& context) {
  metric_.blocks.clear();
  Eigen::Index offset = 0;
  for (const Layer& layer : layers_) {
    const Eigen::Index rows = layer.eigenvalues.rows();
    const Eigen::Index cols = layer.eigenvalues.cols();
    metric_.blocks.push_back(
        {offset, rows, cols, uploaded_basis(layer.left, context), uploaded_basis(layer.right, context)});
    offset += rows * cols;
  }
}

void MoveMetric::scale_dense(const State& state, const Context& context) {
  if (!context.model.has_coefficient_variances()) return;
  if (information_.size() == 0) {
    const RowMatrix factor = context.backend.download(found_);
    information_ = factor.triangularView<Eigen::Lower>() * factor.transpose();
    information_.diagonal() -= context.model.fixed_prior_precision;
    scaled_ = context.backend.allocate(factor.rows(), factor.cols());
  }
  Eigen::MatrixXd precision = information_;
  precision.diagonal() += context.fixed_prior_precision(state);
  const Eigen::LLT<Eigen::MatrixXd> llt(precision);
  metric_.cholesky = found_;
  if (llt.info() != Eigen::Success) return;
  context.backend.upload(RowMatrix(llt.matrixL()), scaled_);
  metric_.cholesky = scaled_;
}

void MoveMetric::scale(const State& state, const Context& context) {
  if (dense()) return scale_dense(state, context);
  Eigen::VectorXd precision = context.theta_prior_precision(state);
  Eigen::VectorXd scale = Eigen::VectorXd::Ones(precision.size());
  const std::vector<LayerScales> scales = layer_scales(state, context);
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    const MetricBlock& block = metric_.blocks[l];
    const Eigen::VectorXd inverse = scales[l].inputs.cwiseInverse();
    Eigen::Map<RowMatrix>(scale.data() + block.offset, block.rows, block.cols).colwise() = inverse;
    Eigen::Map<RowMatrix> part(precision.data() + block.offset, block.rows, block.cols);
    // The prior's precision is the same along a row: an input's weights, or the biases.
    Eigen::VectorXd prior = part.col(0).cwiseProduct(inverse.cwiseAbs2());
    if (layer.left.size() > 0) prior = layer.left.array().square().matrix().transpose() * prior;
    part = scales[l].derivatives * scales[l].derivatives * layer.eigenvalues;
    part.colwise() += prior;
  }
  for (Matrix* m : {&metric_.diagonal, &metric_.scale})
    if (m->empty()) *m = context.backend.allocate(precision.size(), 1);
  context.backend.upload(RowMatrix(precision.cwiseSqrt().cwiseInverse()), metric_.diagonal);
  context.backend.upload(RowMatrix(scale), metric_.scale);
}

/// Calls f(name, part) with all that is archived of the layers.
template <class Self, class F>
void MoveMetric::each_part(Self& self, F&& f) {
  for (std::size_t l = 0; l < self.layers_.size(); ++l) {
    auto& layer = self.layers_[l];
    const std::string number = std::to_string(l);
    f("information_inputs" + number, layer.factors.inputs);
    f("information_derivatives" + number, layer.factors.derivatives);
    f("information_left" + number, layer.left);
    f("information_right" + number, layer.right);
    f("information_eigenvalues" + number, layer.eigenvalues);
  }
}

void MoveMetric::save(Archive& archive, const Context& context) const {
  each_part(*this, [&](const std::string& name, const RowMatrix& part) { archive[name] = part; });
  if (dense()) archive["metric_cholesky"] = context.backend.download(found_);
}

void MoveMetric::load(const Archive& archive, const Context& context) {
  const NetworkShape& shape = context.model.shape;
  *this = {};
  if (archive.count("information_inputs0") != 0)
    layers_.resize(static_cast<std::size_t>(shape.layers() + shape.predictors()));
  each_part(*this, [&](const std::string& name, RowMatrix& part) { part = archived(archive, name); });
  upload_bases(context);
  if (archive.count("metric_cholesky") != 0)
    *this = MoveMetric(context.backend.uploaded(archived(archive, "metric_cholesky", shape.size(), shape.size())));
}

}  // namespace bdglm
