// The operations of the CUDA backend, on a thread's queue; what they mean is in compute/backend.hpp. Sums over rows
// that come back to the host are those over this part's rows, which the backend adds up.
#pragma once

#include "kernels/blas.cuh"
#include "kernels/storage.cuh"

namespace bdglm::cuda {

/// Adds up numbers on the device over all parts of the rows.
inline void add_up(Queue& queue, const RowPart& part, double* numbers, std::size_t count) {
  if (part.whole()) return;
  std::vector<double> host(count);
  queue.read(numbers, count, host.data());
  part.add_up(host.data(), count);
  queue.write(host.data(), count, numbers);
}

// vectors.cu
void axpy(Queue& queue, double a, const Matrix& x, Matrix& y);
void rotate(Queue& queue, double angle, Matrix& x, Matrix& y);
void draw_normal(Queue& queue, const Address& address, Matrix& out);
double add_normal_prior(Queue& queue, const Matrix& theta, const Matrix& mean, const Matrix& precision,
                        Matrix& gradient);
void precondition(Queue& queue, const Metric& metric, bool transposed, const Matrix& v, Matrix& out);
void transform(Queue& queue, const Matrix& x, const RowMatrix& m, Matrix& out);
void working_residual(Queue& queue, const Matrix& kappa, const Matrix& omega, const Matrix& base, Matrix& out);
void add_group_effects(Queue& queue, const ResidentTerm& term, const double* u, double scale, double* eta);
/// Normals of streams (address, first), (address, first + 1), ..., `per_stream` of each: entry k of stream s is at
/// s * stream_step + k * step.
void draw_stream_normals(Queue& queue, const Address& address, std::size_t streams, std::size_t per_stream,
                         std::size_t stream_step, std::size_t step, double* out);

// likelihood.cu
double log_likelihood(Queue& queue, const Likelihood& likelihood, const double* eta, int predictors);
/// The log likelihood, and its derivatives by eta in `score`.
double score(Queue& queue, const Likelihood& likelihood, const double* eta, int predictors, double* score);
/// Sums over rows of the products that make a likelihood Gaussian in eta along a ray: slope and curvature.
void gaussian_along(Queue& queue, const Likelihood& likelihood, const Matrix& base, const Matrix& direction,
                    double& slope, double& curvature);
double log_likelihood_at(Queue& queue, const Likelihood& likelihood, const Matrix& base, const Matrix& direction,
                         double scale);
double residual_likelihood(Queue& queue, const Likelihood& likelihood, const Matrix& omega, const Matrix& kappa,
                           const Matrix& eta, int predictor, Matrix& terms, Matrix& scores);
void draw_latents(Queue& queue, const Likelihood& likelihood, const Matrix& eta, int predictor, const Address& address,
                  Eigen::Index first_row, Matrix& omega, Matrix& kappa);
Eigen::VectorXd grouped_squares(Queue& queue, const Matrix& response, const Matrix& eta, const Matrix& weights,
                                const Indices& index);
void set_precisions(Queue& queue, const Matrix& weights, const Indices& index, const Eigen::VectorXd& variance,
                    Matrix& size);

// predictor.cu
void forward(Queue& queue, const Network& network, const Matrix& theta, const Matrix& base,
             std::vector<Matrix>& pre_activations, std::vector<Matrix>& activations, Matrix& eta);
void layer_mean(Queue& queue, const Network& network, const Matrix& theta, int layer, const Matrix& below, Matrix& out);
double gradient(Queue& queue, const Network& network, const Matrix& theta, const Matrix& base,
                const Likelihood& likelihood, Matrix& gradient, Matrix& eta);

// fisher.cu
std::vector<FisherFactors> fisher_factors(Queue& queue, const Network& network, const Matrix& theta,
                                          const Matrix& weights, Eigen::Index largest);

// gaussian.cu
RowMatrix weighted_gram(Queue& queue, const std::vector<Matrix>& blocks, const Matrix& weights);
/// Lower triangle of out (width x width) = the weighted Gram matrix of the blocks; null weights are ones.
void resident_gram(Queue& queue, const std::vector<Matrix>& blocks, const double* weights, double* out,
                   std::size_t width);
void draw_regression(Queue& queue, const Matrix& inputs, const Matrix& targets, double variance,
                     const Eigen::VectorXd& prior_precision, const Address& address, const RowPart& part,
                     Matrix& weights);

// hidden_units.cu
void draw_hidden_units(Queue& queue, const HiddenLayer& layer, Slopes slopes, const Address& address,
                       Eigen::Index first_row, Matrix& z, Matrix& activations);

// arrow.cu
std::unique_ptr<ArrowConditional> condition_arrow(Queue& queue, ArrowSystem system, const Matrix& omega,
                                                  const Matrix& linear, const RowPart& part);

}  // namespace bdglm::cuda
