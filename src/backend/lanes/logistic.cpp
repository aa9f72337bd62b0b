// The logistic likelihood and its score on double-precision lanes.
#include "backend/lanes/lanes.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/lanes/logistic.cpp"
#include <hwy/foreach_target.h>
// Must come after foreach_target.
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace bdglm::lanes::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::ScalableTag<double>;
using Vector = hn::Vec<Tag>;

/// Sums size ln(1 + e) over rows with e in [0, 1]. Where all sizes are one the factors 1 + e are multiplied, each in
/// [1, 2], and one logarithm is taken for many.
class LogSum {
 public:
  HWY_INLINE LogSum() : sum_(hn::Zero(Tag())), product_(hn::Set(Tag(), 1.0)) {}
  HWY_INLINE void add(Vector size, Vector e) {
    const Vector factor = hn::Add(e, hn::Set(Tag(), 1.0));
    if (hn::AllTrue(Tag(), hn::Eq(size, hn::Set(Tag(), 1.0)))) {
      product_ = hn::Mul(product_, factor);
      if (++factors_ == 512) flush();
    } else {
      sum_ = hn::MulAdd(size, hn::Log(Tag(), factor), sum_);
    }
  }
  HWY_INLINE Vector total() {
    flush();
    return sum_;
  }

 private:
  HWY_INLINE void flush() {
    sum_ = hn::Add(sum_, hn::Log(Tag(), product_));
    product_ = hn::Set(Tag(), 1.0);
    factors_ = 0;
  }

  Vector sum_;
  Vector product_;
  int factors_ = 0;
};

/// A term of the sum without its logarithm: response eta - size max(eta, 0); e = e^-|eta|.
HWY_INLINE Vector add_term(Vector sum, Vector response, Vector size, Vector eta, Vector& e) {
  e = hn::Exp(Tag(), hn::Neg(hn::Abs(eta)));
  return hn::NegMulAdd(size, hn::Max(eta, hn::Zero(Tag())), hn::MulAdd(response, eta, sum));
}

/// The first n < Lanes values, then zeros: with size and response zero a row adds nothing.
HWY_INLINE Vector load_first(const double* from, std::size_t n) {
  HWY_ALIGN double buffer[hn::MaxLanes(Tag())] = {};
  for (std::size_t i = 0; i < n; ++i) buffer[i] = from[i];
  return hn::Load(Tag(), buffer);
}

double logistic_log_likelihood(const double* response, const double* size, const double* base, const double* direction,
                               double scale, std::size_t n) {
  const Tag d;
  const std::size_t width = hn::Lanes(d);
  const Vector along = hn::Set(d, scale);
  Vector sum = hn::Zero(d);
  LogSum logs;
  Vector e;
  std::size_t i = 0;
  for (; i + width <= n; i += width) {
    Vector eta = hn::LoadU(d, base + i);
    if (direction != nullptr) eta = hn::MulAdd(along, hn::LoadU(d, direction + i), eta);
    const Vector sizes = hn::LoadU(d, size + i);
    sum = add_term(sum, hn::LoadU(d, response + i), sizes, eta, e);
    logs.add(sizes, e);
  }
  if (i < n) {
    Vector eta = load_first(base + i, n - i);
    if (direction != nullptr) eta = hn::MulAdd(along, load_first(direction + i, n - i), eta);
    const Vector sizes = load_first(size + i, n - i);
    sum = add_term(sum, load_first(response + i, n - i), sizes, eta, e);
    logs.add(sizes, e);
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Sub(sum, logs.total())));
}

/// response - size p with p = 1 / (1 + e^-eta) from e = e^-|eta|.
HWY_INLINE Vector score_of(Vector response, Vector size, Vector eta, Vector e) {
  const Tag d;
  const Vector one = hn::Set(d, 1.0);
  const Vector p = hn::Div(hn::IfThenElse(hn::Ge(eta, hn::Zero(d)), one, e), hn::Add(one, e));
  return hn::NegMulAdd(size, p, response);
}

double logistic_score(const double* response, const double* size, const double* eta, std::size_t n, double* score) {
  const Tag d;
  const std::size_t width = hn::Lanes(d);
  Vector sum = hn::Zero(d);
  LogSum logs;
  Vector e;
  std::size_t i = 0;
  for (; i + width <= n; i += width) {
    const Vector at = hn::LoadU(d, eta + i);
    const Vector sizes = hn::LoadU(d, size + i);
    const Vector responses = hn::LoadU(d, response + i);
    sum = add_term(sum, responses, sizes, at, e);
    logs.add(sizes, e);
    hn::StoreU(score_of(responses, sizes, at, e), d, score + i);
  }
  if (i < n) {
    const Vector at = load_first(eta + i, n - i);
    const Vector sizes = load_first(size + i, n - i);
    const Vector responses = load_first(response + i, n - i);
    sum = add_term(sum, responses, sizes, at, e);
    logs.add(sizes, e);
    HWY_ALIGN double buffer[hn::MaxLanes(d)];
    hn::Store(score_of(responses, sizes, at, e), d, buffer);
    for (std::size_t k = 0; i + k < n; ++k) score[i + k] = buffer[k];
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Sub(sum, logs.total())));
}

}  // namespace
}  // namespace bdglm::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace bdglm::lanes {

HWY_EXPORT(logistic_log_likelihood);
HWY_EXPORT(logistic_score);

double logistic_log_likelihood(const double* response, const double* size, const double* base, const double* direction,
                               double scale, std::size_t n) {
  return HWY_DYNAMIC_DISPATCH(logistic_log_likelihood)(response, size, base, direction, scale, n);
}

double logistic_score(const double* response, const double* size, const double* eta, std::size_t n, double* score) {
  return HWY_DYNAMIC_DISPATCH(logistic_score)(response, size, eta, n, score);
}

}  // namespace bdglm::lanes
#endif
