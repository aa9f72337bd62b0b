// A Gaussian by the moments of a chain's draws, and reflections about it.
#pragma once

#include <Eigen/Cholesky>
#include <cmath>
#include <string>

#include "target/state.hpp"

namespace bdglm {

/// N(m, S) of a vector that moves: sums of draws, and from them mean and Cholesky factor.
class GaussianMoments {
 public:
  /// Whether a Gaussian was set.
  bool ready() const { return mean_.size() > 0; }

  void add(const Eigen::VectorXd& x) {
    if (sums_.rows() != x.size()) sums_.setZero(x.size(), x.size() + 1);
    sums_.leftCols(x.size()) += x * x.transpose();
    sums_.rightCols(1) += x;
    count_ += 1;
  }
  /// Takes the moments of the draws so far, of which there must be twenty for each coordinate; false, and nothing
  /// changed, where there are not, or S is not positive definite.
  bool set() {
    const Eigen::Index k = sums_.rows();
    if (k == 0 || count_ < 20.0 * static_cast<double>(k)) return false;
    const Eigen::VectorXd mean = sums_.rightCols(1) / count_;
    const Eigen::MatrixXd covariance = sums_.leftCols(k) / count_ - mean * mean.transpose();
    return set(mean, covariance);
  }
  void restart() { sums_.resize(0, 0), count_ = 0; }

  const Eigen::VectorXd& mean() const { return mean_; }
  const Eigen::MatrixXd& covariance() const { return covariance_; }
  Eigen::VectorXd place(const Eigen::VectorXd& xi) const { return mean_ + factor_.matrixL() * xi; }
  Eigen::VectorXd whiten(const Eigen::VectorXd& x) const { return factor_.matrixL().solve(x - mean_); }

  /// Under names that begin with `name`.
  void save(const std::string& name, Archive& archive) const {
    if (count_ > 0) {
      archive[name + "_count"] = RowMatrix::Constant(1, 1, count_);
      archive[name + "_sums"] = sums_;
    }
    if (!ready()) return;
    archive[name + "_mean"] = mean_;
    archive[name + "_covariance"] = covariance_;
  }
  void load(const std::string& name, const Archive& archive) {
    *this = {};
    if (archive.count(name + "_count") != 0) {
      count_ = archived(archive, name + "_count", 1, 1)(0, 0);
      sums_ = archived(archive, name + "_sums");
    }
    if (archive.count(name + "_mean") != 0)
      set(archived(archive, name + "_mean"), archived(archive, name + "_covariance"));
  }

 private:
  bool set(const Eigen::VectorXd& mean, const Eigen::MatrixXd& covariance) {
    const Eigen::LLT<Eigen::MatrixXd> factor(covariance);
    if (factor.info() != Eigen::Success || !covariance.allFinite()) return false;
    mean_ = mean;
    covariance_ = covariance;
    factor_ = factor;
    return true;
  }

  Eigen::VectorXd mean_;
  Eigen::MatrixXd covariance_;
  Eigen::LLT<Eigen::MatrixXd> factor_;
  double count_ = 0;
  Eigen::MatrixXd sums_;  ///< of x x' and, in the last column, of x
};

}  // namespace bdglm
