// A row of data as a family's text reads it, in doubles; CPU lanes have one of their own
// (compute/cpu/lanes/likelihood-inl.hpp).
#pragma once

#include <cmath>
#include <cstddef>

#include "base/host_device.hpp"
#include "family/description.hpp"

namespace bdglm {

/// One row: its response and size, its linear predictors `stride` apart, the sum that its log likelihood goes to, and
/// the place of its scores (`score_stride` apart), or of one predictor's score, or null. `parameters` are those of the
/// family, which must outlive it.
class Row {
 public:
  using Real = double;

  BDGLM_HOST_DEVICE Row(double response, double size, const double* eta, std::size_t stride = 0, int predictors = 1,
                        const FamilyParameters* parameters = nullptr)
      : response_(response), size_(size), eta_{eta, stride, predictors, parameters} {}
  BDGLM_HOST_DEVICE Row(double response, double size, const Predictors& eta)
      : response_(response), size_(size), eta_(eta) {}

  BDGLM_HOST_DEVICE double response() const { return response_; }
  BDGLM_HOST_DEVICE double size() const { return size_; }
  BDGLM_HOST_DEVICE double eta(int c) const { return eta_[c]; }
  BDGLM_HOST_DEVICE int predictors() const { return eta_.count; }
  /// x of the family's k-th parameter, and the predictor that it comes from, or -1.
  BDGLM_HOST_DEVICE double parameter(int k) const { return eta_.parameter(k); }
  BDGLM_HOST_DEVICE int predictor_of(int k) const { return eta_.parameters->predictor[k]; }

  /// Whether terms of the k-th parameter and the response alone may be left out of the sum.
  BDGLM_HOST_DEVICE bool held(int k) const { return eta_.parameters->held && predictor_of(k) < 0; }

  BDGLM_HOST_DEVICE int cuts() const { return eta_.parameters->cuts; }
  BDGLM_HOST_DEVICE double cut(int k) const { return eta_.parameters->cut[k]; }

  BDGLM_HOST_DEVICE void add(double term) { sum_ += term; }
  /// Subtracts weight * ln(factor), 1 <= factor <= 2.
  BDGLM_HOST_DEVICE void subtract_log(double weight, double factor) { sum_ -= weight * std::log(factor); }
  BDGLM_HOST_DEVICE void score(int c, double value) {
    if (scores_ == nullptr || (scored_ >= 0 && c != scored_)) return;
    scores_[scored_ >= 0 ? 0 : static_cast<std::size_t>(c) * score_stride_] = value;
  }

  /// The derivative by x of the family's k-th parameter.
  BDGLM_HOST_DEVICE void score_parameter(int k, double value) {
    if (predictor_of(k) >= 0) score(predictor_of(k), value);
  }

  BDGLM_HOST_DEVICE void write_scores(double* scores, std::size_t stride) {
    scores_ = scores;
    score_stride_ = stride;
  }
  BDGLM_HOST_DEVICE void write_score(int predictor, double* score) {
    scores_ = score;
    scored_ = predictor;
  }
  BDGLM_HOST_DEVICE double sum() const { return sum_; }

 private:
  double response_;
  double size_;
  Predictors eta_;
  double sum_ = 0;
  double* scores_ = nullptr;
  std::size_t score_stride_ = 0;
  int scored_ = -1;
};

}  // namespace bdglm
