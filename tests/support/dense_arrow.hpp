// An arrow system as one dense Gaussian, which tests compare its conditional with.
#pragma once

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <vector>

#include "compute/backend.hpp"

namespace bdglm::test {

/// Dense precision and mean of an arrow system over [dense, crossed..., chain...].
struct DenseSystem {
  Eigen::MatrixXd precision;
  Eigen::VectorXd mean;
  double log_marginal = 0;  ///< of the linear term, up to a constant of the dense columns
};

inline DenseSystem dense_form(const ArrowSystem& system, const Backend& backend,
                              const std::vector<std::vector<std::int32_t>>& index, const Eigen::VectorXd& omega,
                              const Eigen::VectorXd& linear) {
  std::vector<ArrowTerm> terms = system.crossed;
  terms.insert(terms.end(), system.chain.begin(), system.chain.end());
  Eigen::MatrixXd design(omega.size(), 0);
  const auto append = [&](const Eigen::MatrixXd& block) {
    Eigen::MatrixXd wider(design.rows(), design.cols() + block.cols());
    wider << design, block;
    design = wider;
  };
  for (const Matrix& m : system.dense) append(backend.download(m));
  std::vector<Eigen::MatrixXd> priors;
  for (std::size_t t = 0; t < terms.size(); ++t) {
    const RowMatrix z = backend.download(terms[t].term.z);
    const Eigen::Index levels = terms[t].term.index.groups();
    Eigen::MatrixXd block = Eigen::MatrixXd::Zero(z.rows(), levels * z.cols());
    for (Eigen::Index i = 0; i < z.rows(); ++i)
      block.row(i).segment(index[t][static_cast<std::size_t>(i)] * z.cols(), z.cols()) = z.row(i);
    append(block);
    for (Eigen::Index g = 0; g < levels; ++g) priors.emplace_back(terms[t].prior_precision);
  }
  DenseSystem result;
  result.precision = design.transpose() * omega.asDiagonal() * design;
  Eigen::VectorXd rhs = design.transpose() * linear;
  const Eigen::Index c = system.dense_prior_precision.size();
  result.precision.diagonal().head(c) += system.dense_prior_precision;
  rhs.head(c) += system.dense_prior_precision.cwiseProduct(system.dense_prior_mean);
  Eigen::Index at = c;
  for (const Eigen::MatrixXd& prior : priors) {
    result.precision.block(at, at, prior.rows(), prior.cols()) += prior;
    result.log_marginal += 0.5 * std::log(prior.determinant());
    at += prior.rows();
  }
  const Eigen::LLT<Eigen::MatrixXd> llt(result.precision);
  result.mean = llt.solve(rhs);
  result.log_marginal += 0.5 * rhs.dot(result.mean) - llt.matrixLLT().diagonal().array().log().sum();
  return result;
}

}  // namespace bdglm::test
