// The likelihood of one family, BDGLM_LANES_FAMILY, and its scores on double-precision lanes, by the family's own text
// of type BDGLM_LANES_TEXT: included by sources that the build writes, one for each family, so that they compile apart.
#include "compute/cpu/lanes/lanes.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compute/cpu/lanes/likelihood-inl.hpp"
#include <hwy/foreach_target.h>
// Must come after foreach_target.
#include <hwy/highway.h>

#include "compute/cpu/lanes/arithmetic-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace bdglm::lanes::HWY_NAMESPACE {
namespace {

using Tag = hn::ScalableTag<double>;
using Vector = hn::Vec<Tag>;
using Condition = hn::Mask<Tag>;

/// The number of a family's text.
using Doubles = Number<double>;

// Texts that the families' texts call.
#include "sampling/clamp.inl"
#include "sampling/polynomial.inl"

#include "sampling/gamma_function.inl"
#include "sampling/normal_function.inl"

#include "family/list.inl"

/// The sum over rows. Where all weights are one the factors of logarithms are multiplied, each in [1, 2], and one
/// logarithm is taken for many.
class Sums {
 public:
  HWY_INLINE Sums() : sum_(hn::Zero(Tag())), product_(hn::Set(Tag(), 1.0)) {}
  HWY_INLINE void add(Vector term) { sum_ = hn::Add(sum_, term); }
  HWY_INLINE void subtract_log(Vector weight, Vector factor) {
    if (hn::AllTrue(Tag(), hn::Eq(weight, hn::Set(Tag(), 1.0)))) {
      product_ = hn::Mul(product_, factor);
      if (++factors_ == 512) flush();
    } else {
      sum_ = hn::NegMulAdd(weight, hn::Log(Tag(), factor), sum_);
    }
  }
  HWY_INLINE double total() {
    flush();
    return hn::GetLane(hn::SumOfLanes(Tag(), sum_));
  }

 private:
  HWY_INLINE void flush() {
    sum_ = hn::Sub(sum_, hn::Log(Tag(), product_));
    product_ = hn::Set(Tag(), 1.0);
    factors_ = 0;
  }

  Vector sum_;
  Vector product_;
  int factors_ = 0;
};

/// What is asked for besides the sum.
enum class Asked { nothing, scores, terms };

/// Rows at once, one a lane. Of the last rows, fewer than lanes, the others add nothing: their size is one, so that
/// its logarithm is finite, and everything else zero.
template <Asked kAsked, bool kLast>
class LaneRow {
 public:
  using Real = Doubles;

  HWY_INLINE LaneRow(const LikelihoodRows& rows, std::size_t first, Sums& sums)
      : rows_(rows), first_(first), sums_(sums), response_(load(rows.response)) {
    size_ = load(rows.size);
    if constexpr (kLast) size_ = hn::IfThenElse(used(), size_, hn::Set(Tag(), 1.0));
  }

  HWY_INLINE Doubles response() const { return Doubles(response_); }
  HWY_INLINE Doubles size() const { return Doubles(size_); }
  HWY_INLINE int predictors() const { return rows_.predictors; }
  HWY_INLINE Doubles eta(int c) const {
    const std::size_t at = static_cast<std::size_t>(c) * rows_.stride;
    const Vector base = load(rows_.eta + at);
    if (rows_.direction == nullptr) return Doubles(base);
    return Doubles(hn::MulAdd(hn::Set(Tag(), rows_.scale), load(rows_.direction + at), base));
  }
  HWY_INLINE int predictor_of(int k) const { return rows_.parameters.predictor[k]; }
  HWY_INLINE Doubles parameter(int k) const {
    return predictor_of(k) < 0 ? Doubles(rows_.parameters.value[k]) : eta(predictor_of(k));
  }
  HWY_INLINE bool held(int k) const { return rows_.parameters.held && predictor_of(k) < 0; }
  HWY_INLINE int cuts() const { return rows_.parameters.cuts; }
  HWY_INLINE Doubles cut(int k) const { return Doubles(rows_.parameters.cut[k]); }
  HWY_INLINE void add(Doubles term) {
    if constexpr (kLast) term.v = hn::IfThenElseZero(used(), term.v);
    if constexpr (kAsked == Asked::terms)
      own_ = hn::Add(own_, term.v);
    else
      sums_.add(term.v);
  }
  HWY_INLINE void subtract_log(Doubles weight, Doubles factor) {
    if constexpr (kLast) factor.v = hn::IfThenElse(used(), factor.v, hn::Set(Tag(), 1.0));
    if constexpr (kAsked == Asked::terms)
      own_ = hn::NegMulAdd(weight.v, hn::Log(Tag(), factor.v), own_);
    else
      sums_.subtract_log(weight.v, factor.v);
  }
  /// To be called when the row is done.
  HWY_INLINE void finish() {
    if constexpr (kAsked == Asked::terms) {
      store(own_, rows_.terms + first_);
      sums_.add(own_);
    }
  }
  HWY_INLINE void score(int c, Doubles value) {
    if constexpr (kAsked == Asked::nothing) return;
    if (kAsked == Asked::terms && rows_.scores == nullptr) return;
    if (rows_.scored >= 0 && c != rows_.scored) return;
    const std::size_t at = rows_.scored >= 0 ? 0 : static_cast<std::size_t>(c) * rows_.score_stride;
    store(value.v, rows_.scores + at + first_);
  }

  HWY_INLINE void score_parameter(int k, Doubles value) {
    if (predictor_of(k) >= 0) score(predictor_of(k), value);
  }

 private:
  HWY_INLINE Condition used() const { return hn::FirstN(Tag(), rows_.count - first_); }
  HWY_INLINE void store(Vector value, double* to) const {
    if constexpr (kLast) {
      HWY_ALIGN double buffer[hn::MaxLanes(Tag())];
      hn::Store(value, Tag(), buffer);
      for (std::size_t k = 0; first_ + k < rows_.count; ++k) to[k] = buffer[k];
    } else {
      hn::StoreU(value, Tag(), to);
    }
  }
  HWY_INLINE Vector load(const double* from) const {
    if constexpr (kLast) {
      HWY_ALIGN double buffer[hn::MaxLanes(Tag())] = {};
      for (std::size_t k = 0; first_ + k < rows_.count; ++k) buffer[k] = from[first_ + k];
      return hn::Load(Tag(), buffer);
    } else {
      return hn::LoadU(Tag(), from + first_);
    }
  }

  const LikelihoodRows& rows_;
  std::size_t first_;
  Sums& sums_;
  Vector response_;
  Vector size_;
  Vector own_ = hn::Zero(Tag());
};

template <class Text, Asked kAsked>
double likelihood_of(const LikelihoodRows& rows) {
  const std::size_t width = hn::Lanes(Tag());
  Sums sums;
  std::size_t i = 0;
  for (; i + width <= rows.count; i += width) {
    LaneRow<kAsked, false> row(rows, i, sums);
    Text::likelihood(row);
    row.finish();
  }
  if (i < rows.count) {
    LaneRow<kAsked, true> row(rows, i, sums);
    Text::likelihood(row);
    row.finish();
  }
  return sums.total();
}

double likelihood_as_asked(const LikelihoodRows& rows) {
  using Text = BDGLM_LANES_TEXT;
  if (rows.terms != nullptr) return likelihood_of<Text, Asked::terms>(rows);
  return rows.scores != nullptr ? likelihood_of<Text, Asked::scores>(rows) : likelihood_of<Text, Asked::nothing>(rows);
}

}  // namespace
}  // namespace bdglm::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace bdglm::lanes {

HWY_EXPORT(likelihood_as_asked);

template <>
double family_likelihood<Family::BDGLM_LANES_FAMILY>(const LikelihoodRows& rows) {
  return HWY_DYNAMIC_DISPATCH(likelihood_as_asked)(rows);
}

}  // namespace bdglm::lanes
#endif
