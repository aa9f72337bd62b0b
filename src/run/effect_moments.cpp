// Welford's recurrence, and its form for two sets of draws (Chan, Golub, LeVeque 1983).
#include "run/effect_moments.hpp"

#include <string>

namespace bdglm {
namespace {

/// products += weight * outer(a, b) within each row.
void add_outer(const RowMatrix& a, const RowMatrix& b, double weight, RowMatrix& products) {
  const Eigen::Index q = a.cols();
  for (Eigen::Index g = 0; g < a.rows(); ++g)
    for (Eigen::Index k = 0; k < q; ++k)
      for (Eigen::Index l = 0; l < q; ++l) products(g, k * q + l) += weight * a(g, k) * b(g, l);
}

}  // namespace

void EffectMoments::add(const std::vector<RowMatrix>& effects) {
  count_ += 1;
  terms_.resize(effects.size());
  for (std::size_t r = 0; r < effects.size(); ++r) {
    Term& term = terms_[r];
    const RowMatrix& u = effects[r];
    if (term.mean.size() == 0) {
      term.mean.setZero(u.rows(), u.cols());
      term.products.setZero(u.rows(), u.cols() * u.cols());
    }
    const RowMatrix before = u - term.mean;
    term.mean += before / count_;
    add_outer(before, u - term.mean, 1, term.products);
  }
}

void EffectMoments::add(const EffectMoments& other) {
  if (other.count_ == 0) return;
  if (count_ == 0) {
    *this = other;
    return;
  }
  const double total = count_ + other.count_;
  for (std::size_t r = 0; r < terms_.size(); ++r) {
    const RowMatrix apart = other.terms_[r].mean - terms_[r].mean;
    terms_[r].products += other.terms_[r].products;
    add_outer(apart, apart, count_ * other.count_ / total, terms_[r].products);
    terms_[r].mean += apart * (other.count_ / total);
  }
  count_ = total;
}

RowMatrix EffectMoments::covariance(std::size_t r) const { return terms_[r].products / std::max(count_ - 1, 1.0); }

void EffectMoments::save(Archive& archive) const {
  if (count_ == 0) return;
  archive["moments_count"] = RowMatrix::Constant(1, 1, count_);
  for (std::size_t r = 0; r < terms_.size(); ++r) {
    archive["moments_mean" + std::to_string(r)] = terms_[r].mean;
    archive["moments_products" + std::to_string(r)] = terms_[r].products;
  }
}

void EffectMoments::load(const Archive& archive) {
  *this = {};
  const auto count = archive.find("moments_count");
  if (count == archive.end()) return;
  count_ = count->second(0, 0);
  for (std::size_t r = 0;; ++r) {
    const auto mean = archive.find("moments_mean" + std::to_string(r));
    if (mean == archive.end()) return;
    terms_.push_back({mean->second, archive.at("moments_products" + std::to_string(r))});
  }
}

}  // namespace bdglm
