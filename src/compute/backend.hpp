// The operations that a sweep is made of: coarse, on arrays, the same for every machine.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/input_ramps.hpp"
#include "base/sparse_rows.hpp"
#include "compute/operands.hpp"
#include "compute/row_part.hpp"
#include "random/stream.hpp"

namespace bdglm {

/// The Gaussian conditional of an arrow system, its rows summed once. Terms count from zero, crossed ones first.
class ArrowConditional {
 public:
  virtual ~ArrowConditional() = default;
  /// Whether another precision of this term may be tried at the price of a few evaluations of the likelihood.
  virtual bool light(std::size_t term) const = 0;
  virtual void set_prior_precision(std::size_t term, const RowMatrix& precision) = 0;
  /// log of the integral over all coefficients and effects at the present precisions, up to a constant;
  /// minus infinity where the system is not positive definite.
  virtual double log_marginal() = 0;
  /// Whether dense columns alone, more than rows, are drawn by way of the rows (math note, section 4): not where priors
  /// are so wide that the rows' own variances would be lost beside theirs.
  virtual bool by_rows() = 0;
  /// Of such a system: its rows' precisions and linear terms become `factor` times those it was made of.
  virtual void scale_rows(double factor) = 0;
  /// And the prior variances of the columns `dense_scaled` become `factor` times those it was made of.
  virtual void scale_prior(double factor) = 0;
  /// And the log density of the rows' working responses at these factors, all coefficients integrated out, up to a
  /// constant; minus infinity where the system is not positive definite, or out of range.
  virtual double log_density_of_rows() = 0;
  /// Draws dense coefficients (c x 1) and the effects of crossed and chain terms jointly.
  virtual void draw(const Address& address, Matrix& dense, std::vector<Matrix>& crossed,
                    std::vector<Matrix>& chain) = 0;
  /// theta = L^-T (x + xi), with L the system's Cholesky factor at the present precisions and x = L^-1 of its linear
  /// term; and back.
  virtual void place(const ArrowCoordinates& xi, ArrowEffects& theta) = 0;
  virtual void whiten(const ArrowEffects& theta, ArrowCoordinates& xi) = 0;
  /// As `place`, of the chain alone, given the core's coefficients in theta.
  virtual void place_chain(const ArrowCoordinates& xi, ArrowEffects& theta) = 0;
  /// Of a chain of one term whose sums are kept (ArrowShape), given the core's coefficients in theta.
  virtual GroupFactors groups_given(const ArrowEffects& theta) = 0;
  /// L^-1 D' v: the derivatives by xi of a function of the rows' predictors whose derivatives are v (n x 1).
  virtual void pull(const Matrix& v, ArrowCoordinates& out) = 0;
  /// Metropolis by groups of the chain's coarsest level. A group's log ratio is the sum of `change` (n x 1) over its
  /// rows, less half the squares of its coordinates in every one of `after`, plus half those in `before`, which may be
  /// empty. Where a uniform of (address, group) is below the ratio, the coordinates of `to` become those of `from`.
  /// Returns the groups' mean probability of acceptance.
  virtual double accept_groups(const Address& address, const Matrix& change,
                               const std::vector<const ArrowCoordinates*>& before,
                               const std::vector<const ArrowCoordinates*>& after, const ArrowCoordinates& from,
                               ArrowCoordinates& to) = 0;
};

/// A machine that computes. Operations on the same handles must not run at the same time; different
/// chains may call one backend from different threads. Failures are NumericalError or DeviceError.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string name() const = 0;
  /// Waits for all that this thread has asked for and throws what failed in it; to be called before another thread uses
  /// the same handles.
  virtual void finish() const {}

  /// Where rows are in parts, adds up host numbers over them, with the same bits in each; all call it in one order.
  virtual void all_reduce(double* /*values*/, std::size_t /*count*/) const {}
  /// The number of this part's first row among all: what is drawn for row i has the address of first_row() + i.
  virtual Eigen::Index first_row() const { return 0; }
  /// The sum of one number over all parts.
  double sum_of_parts(double own) const {
    all_reduce(&own, 1);
    return own;
  }

  // Storage.
  virtual Matrix allocate(Eigen::Index rows, Eigen::Index cols) const = 0;
  /// The columns of a design: dense ones, the ramps of each (of the first ones, where these are fewer), sparse ones.
  /// For a network's inputs and fixed columns and, without ramps, for products of columns alone. Throws DeviceError
  /// where the backend has no sparse ones.
  virtual Matrix upload_columns(const RowMatrix& dense, const std::vector<InputRamps>& ramps,
                                const SparseRows& sparse) const = 0;
  virtual void upload(const RowMatrix& host, Matrix& resident) const = 0;
  virtual RowMatrix download(const Matrix& resident) const = 0;
  virtual Indices upload_indices(const std::vector<std::int32_t>& index, Eigen::Index groups) const = 0;
  virtual void copy(const Matrix& from, Matrix& to) const = 0;
  Matrix uploaded(const RowMatrix& host) const {
    Matrix m = allocate(host.rows(), host.cols());
    upload(host, m);
    return m;
  }

  /// to[to_offset ...] = from[from_offset ...], `count` elements in row-major order.
  virtual void copy_segment(const Matrix& from, Eigen::Index from_offset, Matrix& to, Eigen::Index to_offset,
                            Eigen::Index count) const = 0;

  // Vectors.
  virtual void axpy(double a, const Matrix& x, Matrix& y) const = 0;  ///< y += a x
  /// (x, y) = (cos x + sin y, cos y - sin x) of the angle.
  virtual void rotate(double angle, Matrix& x, Matrix& y) const = 0;
  virtual double dot(const Matrix& x, const Matrix& y) const = 0;           ///< of parameters, which all parts have
  virtual double dot_rows(const Matrix& x, const Matrix& y) const = 0;      ///< of rows: the sum over all parts
  virtual void draw_normal(const Address& address, Matrix& out) const = 0;  ///< of parameters: elements from zero
  /// gradient -= precision * (theta - mean), elementwise; returns -1/2 sum precision (theta - mean)^2.
  virtual double add_normal_prior(const Matrix& theta, const Matrix& mean, const Matrix& precision,
                                  Matrix& gradient) const = 0;
  /// out = T v, or T' v.
  virtual void precondition(const Metric& metric, bool transposed, const Matrix& v, Matrix& out) const = 0;

  /// out = x m' for a small host matrix m.
  virtual void transform(const Matrix& x, const RowMatrix& m, Matrix& out) const = 0;
  /// out = kappa - omega * base, elementwise.
  virtual void working_residual(const Matrix& kappa, const Matrix& omega, const Matrix& base, Matrix& out) const = 0;

  // Predictors. What is summed over rows, here and below, is summed over those of all parts.
  /// eta += scale * z_i' u[group(i)].
  virtual void add_group_effects(const ResidentTerm& term, const Matrix& u, double scale, Matrix& eta) const = 0;
  /// eta = base + network; `activations[l]` (n x d_l), `pre_activations[l]` filled where not empty.
  virtual void forward(const Network& network, const Matrix& theta, const Matrix& base,
                       std::vector<Matrix>& pre_activations, std::vector<Matrix>& activations, Matrix& eta) const = 0;
  /// out = below W_l + 1 b_l', the mean of layer l's pre-activations; an empty `below` is zero.
  virtual void layer_mean(const Network& network, const Matrix& theta, int layer, const Matrix& below,
                          Matrix& out) const = 0;
  /// Log likelihood at base + network and its gradient by theta; `eta` gets the predictors.
  virtual double gradient(const Network& network, const Matrix& theta, const Matrix& base, const Likelihood& likelihood,
                          Matrix& gradient, Matrix& eta) const = 0;
  /// Factors of each layer's Fisher information, then of each head's; `weights` ((C n) x 1) are the rows'
  /// curvatures by the predictors, of which curvatures across predictors are left out. Factors wider than `largest`
  /// are diagonals.
  virtual std::vector<FisherFactors> fisher_factors(const Network& network, const Matrix& theta, const Matrix& weights,
                                                    Eigen::Index largest) const = 0;

  // Likelihoods.
  virtual double log_likelihood(const Likelihood& likelihood, const Matrix& eta) const = 0;
  /// The log likelihood at base + scale * direction as a function of scale, given that at base; holds until any of
  /// the arrays changes.
  virtual std::function<double(double)> log_likelihood_along(const Likelihood& likelihood, const Matrix& base,
                                                             const Matrix& direction, double at_base) const = 0;
  /// eta_c of predictor c becomes `own`. Returns the sum of the rows' log likelihoods less kappa eta_c - omega eta_c^2
  /// / 2; each row's part goes to `terms` and its derivative by eta_c to `scores` (n x 1), where these are not empty.
  virtual double residual_likelihood(const Likelihood& likelihood, const LinearPredictor& own, const Matrix& omega,
                                     const Matrix& kappa, int predictor, Matrix& eta, Matrix& terms,
                                     Matrix& scores) const = 0;
  /// The likelihood's working precisions and kappa (n x 1) in one predictor, given all.
  virtual void draw_latents(const Likelihood& likelihood, const Matrix& eta, int predictor, const Address& address,
                            Matrix& omega, Matrix& kappa) const = 0;
  /// Sums of weights * (response - eta)^2 within groups.
  virtual Eigen::VectorXd grouped_squares(const Matrix& response, const Matrix& eta, const Matrix& weights,
                                          const Indices& index) const = 0;
  /// size_i = weights_i / variance[group(i)]: a Gaussian likelihood's precisions.
  virtual void set_precisions(const Matrix& weights, const Indices& index, const Eigen::VectorXd& variance,
                              Matrix& size) const = 0;

  // Gaussian conditionals.
  virtual RowMatrix gram(const Matrix& x) const = 0;  ///< X'X of parameters
  /// X' diag(weights) X over the rows and the columns of the given blocks; empty weights are ones.
  virtual RowMatrix weighted_gram(const std::vector<Matrix>& blocks, const Matrix& weights) const = 0;
  /// Products of the columns X of the given blocks with the host's vectors, where these are too many for a matrix of
  /// theirs: X' diag(weights) X v; X' v; and the diagonal of X' diag(weights) X. Backends without sparse columns have
  /// no use for these and throw DeviceError.
  virtual Eigen::VectorXd weighted_product(const std::vector<Matrix>& blocks, const Matrix& weights,
                                           const Eigen::VectorXd& v) const = 0;
  virtual Eigen::VectorXd transposed_times(const std::vector<Matrix>& blocks, const Matrix& v) const = 0;
  virtual Eigen::VectorXd weighted_squares(const std::vector<Matrix>& blocks, const Matrix& weights) const = 0;
  /// X' diag(weights) X of some columns of a design alone, ascending.
  virtual RowMatrix moments_of_columns(const Matrix& design, const std::vector<Eigen::Index>& columns,
                                       const Matrix& weights) const = 0;
  /// linear_i += sqrt(precision_i) times a standard normal.
  virtual void add_noise(const Matrix& precision, const Address& address, Matrix& linear) const = 0;
  /// The conditional of an arrow system given working precision `omega` and `linear` (kappa - omega * everything
  /// outside the system), which must not change while it is used.
  virtual std::unique_ptr<ArrowConditional> condition_arrow(ArrowSystem system, const Matrix& omega,
                                                            const Matrix& linear) const = 0;
  /// Redraws the pre-activations z (n x d) of a layer, unit by unit within a row, and their activations.
  virtual void draw_hidden_units(const HiddenLayer& layer, Slopes slopes, const Address& address, Matrix& z,
                                 Matrix& activations) const = 0;
  /// Draws W (and bias, last row) of targets = [inputs, 1] W + N(0, variance): one factor for all columns.
  virtual void draw_regression(const Matrix& inputs, const Matrix& targets, double variance,
                               const Eigen::VectorXd& prior_precision, const Address& address,
                               Matrix& weights) const = 0;
};

/// What the last bits of the CPU's results depend on: instruction set and kernels of products.
std::string cpu_arithmetic();

/// Throws DeviceError where so many threads could not have the memory that the CPU's linear algebra works in.
void check_work_memory(int threads);

/// The CPU backend, always there; with all rows, or a part of them.
std::shared_ptr<const Backend> open_cpu_backend(RowPart part = {});

/// What a run asks of a device.
struct Workload {
  double operations = 0;    ///< multiply-adds a sweep of one chain, roughly
  double shared_bytes = 0;  ///< of the data
  double chain_bytes = 0;   ///< of a chain's state and scratch
  int chains = 1;
  bool sparse = false;  ///< whether columns are sparse, which the CPU alone has
};

struct OpenedBackend {
  std::shared_ptr<const Backend> backend;
  std::string note;  ///< what the user should know of the choice
};

/// Opens "cpu"; "cuda", or throws DeviceError that says what is missing; or with "auto" the device where it is there
/// with memory enough and the model large enough to gain by it, else the CPU.
OpenedBackend open_backend(const std::string& device, const Workload& workload);

/// One line per device that this build can use, for `bdglm devices`.
std::vector<std::string> list_devices();

}  // namespace bdglm
