// The CPU backend: storage, vectors, likelihoods and latents; networks and Gaussian draws are its neighbours.
#include <cmath>

#include "base/row_error.hpp"
#include "base/stop_point.hpp"
#include "bdglm/error.hpp"
#include "compute/cpu/arrow.hpp"
#include "compute/cpu/gaussian.hpp"
#include "compute/cpu/lanes/lanes.hpp"
#include "compute/cpu/storage.hpp"

#ifdef EIGEN_USE_BLAS
extern "C" void openblas_set_num_threads(int threads);
#endif

namespace bdglm {
namespace {

using cpu::array;
using cpu::groups;
using cpu::values;

/// Log likelihood at base + scale * direction; an empty direction is zero.
double log_likelihood_at(const Likelihood& likelihood, const Matrix& base, const Matrix& direction, double scale) {
  stop_point();
  lanes::LikelihoodRows rows = cpu::likelihood_rows(likelihood, base);
  if (!direction.empty()) rows.direction = array(direction).data();
  rows.scale = scale;
  return lanes::log_likelihood(likelihood.family, rows);
}

/// part = left part right', or left' part right.
void turn_block(const MetricBlock& block, bool transposed, double* part) {
  Eigen::Map<RowMatrix> x(part, block.rows, block.cols);
  if (!block.left.empty()) {
    const auto left = values(block.left);
    if (transposed)
      x = (left.transpose() * x).eval();
    else
      x = (left * x).eval();
  }
  if (!block.right.empty()) {
    const auto right = values(block.right);
    if (transposed)
      x = (x * right).eval();
    else
      x = (x * right.transpose()).eval();
  }
}

class CpuBackend final : public Backend {
 public:
  explicit CpuBackend(RowPart part) : part_(std::move(part)) {}

  std::string name() const override { return "cpu"; }
  void all_reduce(double* numbers, std::size_t count) const override { part_.add_up(numbers, count); }
  Eigen::Index first_row() const override { return part_.first; }

  Matrix allocate(Eigen::Index rows, Eigen::Index cols) const override {
    auto storage = std::make_shared<cpu::MatrixStorage>();
    storage->values.setZero(rows, cols);
    return {std::move(storage), rows, cols};
  }

  Matrix upload_columns(const RowMatrix& dense, const std::vector<InputRamps>& ramps,
                        const SparseRows& sparse) const override {
    auto storage = std::make_shared<cpu::MatrixStorage>();
    storage->values = dense;
    storage->ramps = cpu::RampRows(dense, ramps);
    storage->sparse = sparse;
    const Eigen::Index columns = dense.cols() + storage->ramps.columns() + sparse.cols();
    return {std::move(storage), sparse.columns > 0 ? static_cast<Eigen::Index>(sparse.rows()) : dense.rows(), columns};
  }

  void upload(const RowMatrix& host, Matrix& resident) const override { values(resident) = host; }
  RowMatrix download(const Matrix& resident) const override { return values(resident); }
  void copy(const Matrix& from, Matrix& to) const override { values(to) = values(from); }

  Indices upload_indices(const std::vector<std::int32_t>& index, Eigen::Index count) const override {
    auto storage = std::make_shared<cpu::IndexStorage>();
    storage->group = index;
    storage->start.assign(static_cast<std::size_t>(count) + 1, 0);
    for (const std::int32_t g : index) ++storage->start[static_cast<std::size_t>(g) + 1];
    std::partial_sum(storage->start.begin(), storage->start.end(), storage->start.begin());
    std::vector<std::int32_t> next(storage->start.begin(), storage->start.end() - 1);
    storage->order.resize(index.size());
    for (std::size_t i = 0; i < index.size(); ++i)
      storage->order[static_cast<std::size_t>(next[static_cast<std::size_t>(index[i])]++)] =
          static_cast<std::int32_t>(i);
    return {std::move(storage), static_cast<Eigen::Index>(index.size()), count};
  }

  void copy_segment(const Matrix& from, Eigen::Index from_offset, Matrix& to, Eigen::Index to_offset,
                    Eigen::Index count) const override {
    std::copy_n(values(from).data() + from_offset, count, values(to).data() + to_offset);
  }

  void axpy(double a, const Matrix& x, Matrix& y) const override { values(y) += a * values(x); }
  void rotate(double angle, Matrix& x, Matrix& y) const override {
    const double c = std::cos(angle);
    const double s = std::sin(angle);
    double* a = values(x).data();
    double* b = values(y).data();
    for (Eigen::Index i = 0; i < x.size(); ++i) {
      const double old = a[i];
      a[i] = c * old + s * b[i];
      b[i] = c * b[i] - s * old;
    }
  }
  double dot(const Matrix& x, const Matrix& y) const override { return (array(x) * array(y)).sum(); }
  double dot_rows(const Matrix& x, const Matrix& y) const override { return part_.sum(dot(x, y)); }

  void draw_normal(const Address& address, Matrix& out) const override {
    auto target = array(out);
    for (Eigen::Index i = 0; i < target.size(); i += 2) {
      Stream stream(address, static_cast<std::uint32_t>(i));
      double first;
      double second;
      draw_normal_pair(stream, first, second);
      target[i] = first;
      if (i + 1 < target.size()) target[i + 1] = second;
    }
  }

  double add_normal_prior(const Matrix& theta, const Matrix& mean, const Matrix& precision,
                          Matrix& gradient) const override {
    const auto deviation = array(theta) - array(mean);
    array(gradient) -= array(precision) * deviation;
    return -0.5 * (array(precision) * deviation.square()).sum();
  }

  void precondition(const Metric& metric, bool transposed, const Matrix& v, Matrix& out) const override {
    if (metric.cholesky.empty()) {
      values(out) = values(v);
      const Matrix& first = transposed ? metric.scale : metric.diagonal;
      const Matrix& last = transposed ? metric.diagonal : metric.scale;
      if (!first.empty()) array(out) *= array(first);
      for (const MetricBlock& block : metric.blocks) turn_block(block, transposed, values(out).data() + block.offset);
      if (!last.empty()) array(out) *= array(last);
      return;
    }
    const auto factor = values(metric.cholesky);
    values(out) = values(v);
    if (transposed)
      factor.triangularView<Eigen::Lower>().solveInPlace(values(out));
    else
      factor.transpose().triangularView<Eigen::Upper>().solveInPlace(values(out));
  }

  void transform(const Matrix& x, const RowMatrix& m, Matrix& out) const override {
    values(out).noalias() = values(x) * m.transpose();
  }

  void working_residual(const Matrix& kappa, const Matrix& omega, const Matrix& base, Matrix& out) const override {
    array(out) = array(kappa) - array(omega) * array(base);
  }

  void add_group_effects(const ResidentTerm& term, const Matrix& u, double scale, Matrix& eta) const override {
    cpu::add_effects(cpu::TermView(term, 0), values(u).data(), scale, values(eta).data(), eta.size());
  }

  void forward(const Network& network, const Matrix& theta, const Matrix& base, std::vector<Matrix>& pre_activations,
               std::vector<Matrix>& activations, Matrix& eta) const override {
    cpu::forward(network, theta, base, pre_activations, activations, eta);
  }
  void layer_mean(const Network& network, const Matrix& theta, int layer, const Matrix& below,
                  Matrix& out) const override {
    const NetworkShape& shape = network.shape;
    const double* parameters = values(theta).data();
    const Eigen::Map<const RowMatrix> weights(parameters + shape.weight_offset(layer), shape.input_width(layer),
                                              shape.width(layer));
    values(out).rowwise() =
        Eigen::Map<const Eigen::RowVectorXd>(parameters + shape.bias_offset(layer), shape.width(layer));
    if (!below.empty()) values(out).noalias() += values(below) * weights;
  }
  double gradient(const Network& network, const Matrix& theta, const Matrix& base, const Likelihood& likelihood,
                  Matrix& out, Matrix& eta) const override {
    const double value = cpu::gradient(network, theta, base, likelihood, out, eta);
    part_.add_up(values(out).data(), static_cast<std::size_t>(out.size()));
    return part_.sum(value);
  }
  std::vector<FisherFactors> fisher_factors(const Network& network, const Matrix& theta, const Matrix& weights,
                                            Eigen::Index largest) const override {
    std::vector<FisherFactors> factors = cpu::fisher_factors(network, theta, weights, largest);
    for (FisherFactors& each : factors) {
      part_.add_up(each.inputs);
      part_.add_up(each.derivatives);
    }
    return factors;
  }

  double log_likelihood(const Likelihood& likelihood, const Matrix& eta) const override {
    return part_.sum(log_likelihood_at(likelihood, eta, Matrix(), 0));
  }

  std::function<double(double)> log_likelihood_along(const Likelihood& likelihood, const Matrix& base,
                                                     const Matrix& direction, double at_base) const override {
    if (describe(likelihood.family).augmentation != Augmentation::exact)
      return [=, this](double scale) { return part_.sum(log_likelihood_at(likelihood, base, direction, scale)); };
    const auto pull = array(likelihood.size) * array(direction);
    const double slope = part_.sum((pull * (array(likelihood.response) - array(base))).sum());
    const double curvature = part_.sum((pull * array(direction)).sum());
    return [=](double scale) { return at_base + scale * (slope - 0.5 * scale * curvature); };
  }

  double residual_likelihood(const Likelihood& likelihood, const LinearPredictor& own, const Matrix& omega,
                             const Matrix& kappa, int predictor, Matrix& eta, Matrix& terms,
                             Matrix& scores) const override {
    return part_.sum(cpu::residual_likelihood(likelihood, own, omega, kappa, predictor, eta, terms, scores));
  }
  void draw_latents(const Likelihood& likelihood, const Matrix& eta, int predictor, const Address& address,
                    Matrix& omega, Matrix& kappa) const override {
    cpu::draw_latents(likelihood, eta, predictor, address, part_.first, omega, kappa);
    const auto precision = array(omega);
    if (precision.isFinite().all()) return;
    Eigen::Index row = 0;
    while (std::isfinite(precision[row])) ++row;
    throw RowError(
        part_.first + row, "the latent variable of row ",
        " is not finite (linear predictor " + std::to_string(array(eta)[predictor * omega.size() + row]) + ")");
  }

  Eigen::VectorXd grouped_squares(const Matrix& response, const Matrix& eta, const Matrix& weights,
                                  const Indices& index) const override {
    Eigen::VectorXd sums = Eigen::VectorXd::Zero(index.groups());
    const auto y = array(response);
    const auto f = array(eta);
    const auto w = array(weights);
    const auto& group = groups(index).group;
    for (Eigen::Index i = 0; i < y.size(); ++i)
      sums[group[static_cast<std::size_t>(i)]] += w[i] * (y[i] - f[i]) * (y[i] - f[i]);
    part_.add_up(sums);
    return sums;
  }

  void set_precisions(const Matrix& weights, const Indices& index, const Eigen::VectorXd& variance,
                      Matrix& size) const override {
    const auto w = array(weights);
    auto out = array(size);
    const auto& group = groups(index).group;
    for (Eigen::Index i = 0; i < out.size(); ++i) out[i] = w[i] / variance[group[static_cast<std::size_t>(i)]];
  }

  RowMatrix gram(const Matrix& x) const override { return cpu::weighted_gram({x}, Matrix()); }
  RowMatrix weighted_gram(const std::vector<Matrix>& blocks, const Matrix& weights) const override {
    RowMatrix sums = cpu::weighted_gram(blocks, weights);
    part_.add_up(sums);
    return sums;
  }
  Eigen::VectorXd weighted_product(const std::vector<Matrix>& blocks, const Matrix& weights,
                                   const Eigen::VectorXd& v) const override {
    return added_up(cpu::weighted_product(blocks, weights, v));
  }
  Eigen::VectorXd transposed_times(const std::vector<Matrix>& blocks, const Matrix& v) const override {
    return added_up(cpu::transposed_times(blocks, v));
  }
  Eigen::VectorXd weighted_squares(const std::vector<Matrix>& blocks, const Matrix& weights) const override {
    return added_up(cpu::weighted_squares(blocks, weights));
  }
  RowMatrix moments_of_columns(const Matrix& design, const std::vector<Eigen::Index>& columns,
                               const Matrix& weights) const override {
    return added_up(cpu::moments_of_columns(design, columns, weights));
  }
  void add_noise(const Matrix& precision, const Address& address, Matrix& linear) const override {
    cpu::add_noise(precision, address, part_.first, linear);
  }
  std::unique_ptr<ArrowConditional> condition_arrow(ArrowSystem system, const Matrix& omega,
                                                    const Matrix& linear) const override {
    return std::make_unique<cpu::CpuArrow>(std::move(system), omega, linear, part_);
  }
  void draw_hidden_units(const HiddenLayer& layer, Slopes slopes, const Address& address, Matrix& z,
                         Matrix& activations) const override {
    cpu::draw_hidden_units(layer, slopes, address, part_.first, z, activations);
  }
  void draw_regression(const Matrix& inputs, const Matrix& targets, double variance,
                       const Eigen::VectorXd& prior_precision, const Address& address, Matrix& weights) const override {
    cpu::draw_regression(inputs, targets, variance, prior_precision, address, part_, weights);
  }

 private:
  template <class Sums>
  Sums added_up(Sums sums) const {
    part_.add_up(sums);
    return sums;
  }

  RowPart part_;
};

}  // namespace

std::shared_ptr<const Backend> open_cpu_backend(RowPart part) {
#ifdef EIGEN_USE_BLAS
  openblas_set_num_threads(1);
#endif
  return std::make_shared<CpuBackend>(std::move(part));
}

}  // namespace bdglm
