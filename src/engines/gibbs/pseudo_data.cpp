// Averages over the warm-up, and the factors that they make.
#include "engines/gibbs/pseudo_data.hpp"

#include <cmath>

namespace bdglm {
namespace {

/// Curvatures and scores of the rows at the present predictor.
struct Derivatives {
  Eigen::ArrayXd curvature, score, eta;

  Derivatives(const State& state, const Context& context) {
    const RowMatrix response = context.backend.download(state.likelihood.response);
    const RowMatrix size = context.backend.download(state.likelihood.size);
    eta = context.backend.download(state.eta).reshaped().array();
    curvature.resize(eta.size());
    score.resize(eta.size());
    const int predictors = context.model.shape.predictors();
    const Eigen::Index n = context.data.rows;
    with_family(context.model.family, [&](auto text) {
      for (Eigen::Index i = 0; i < n; ++i) {
        Row row(response(i, 0), size(i, 0), eta.data() + i, static_cast<std::size_t>(n), predictors,
                &state.likelihood.parameters);
        row.write_scores(score.data() + i, static_cast<std::size_t>(n));
        decltype(text)::likelihood(row);
        for (int c = 0; c < predictors; ++c) curvature[c * n + i] = decltype(text)::curvature(row, c, c);
      }
    });
  }
};

}  // namespace

void PseudoData::set(const Eigen::ArrayXd& curvature, const Eigen::ArrayXd& slope, const Context& context) {
  const Eigen::Index n = curvature.size();
  if (omega_.empty()) {
    omega_ = context.backend.allocate(n, 1);
    kappa_ = context.backend.allocate(n, 1);
  }
  context.backend.upload(RowMatrix(curvature.matrix()), omega_);
  context.backend.upload(RowMatrix(slope.matrix()), kappa_);
}

void PseudoData::set_here(const State& state, const Context& context) {
  const Derivatives here(state, context);
  set(here.curvature, here.curvature * here.eta + here.score, context);
}

void PseudoData::add(const State& state, const Context& context) {
  // Where means are exponentials, one draw far out in a tail would outweigh all others, and a Gaussian as narrow as it
  // asks for moves nowhere: of draws whose curvatures are that far apart the flatter ones count.
  const double kFar = std::log(10.0);
  const Derivatives here(state, context);
  double total = here.curvature.sum();
  context.backend.all_reduce(&total, 1);
  const double level = std::log(total);
  if (!std::isfinite(level) || (count_ > 0 && level > level_ / count_ + kFar)) return;
  if (count_ > 0 && level < level_ / count_ - kFar) count_ = 0;
  level_ = count_ > 0 ? level_ + level : level;
  if (count_ == 0) {
    curvature_ = here.curvature;
    score_ = here.score;
    eta_ = here.eta;
  } else {
    curvature_ += here.curvature;
    score_ += here.score;
    eta_ += here.eta;
  }
  count_ += 1;
}

void PseudoData::set_averages(const Context& context) {
  if (count_ == 0) return;
  set(curvature_ / count_, curvature_ / count_ * (eta_ / count_) + score_ / count_, context);
  count_ = 0;
}

void PseudoData::save(Archive& archive, const Context& context) const {
  if (empty()) return;
  RowMatrix both(omega_.size(), 2);
  both.col(0) = context.backend.download(omega_);
  both.col(1) = context.backend.download(kappa_);
  archive["pseudo_data"] = both;
  archive["pseudo_count"] = (RowMatrix(1, 2) << count_, level_).finished();
  if (count_ == 0) return;
  RowMatrix sums(omega_.size(), 3);
  sums << curvature_.matrix(), score_.matrix(), eta_.matrix();
  archive["pseudo_sums"] = sums;
}

void PseudoData::load(const Archive& archive, const Context& context) {
  const auto found = archive.find("pseudo_data");
  if (found == archive.end()) return;
  omega_ = context.backend.uploaded(RowMatrix(found->second.col(0)));
  kappa_ = context.backend.uploaded(RowMatrix(found->second.col(1)));
  count_ = archive.at("pseudo_count")(0, 0);
  if (count_ == 0) return;
  const RowMatrix& sums = archive.at("pseudo_sums");
  curvature_ = sums.col(0).array();
  score_ = sums.col(1).array();
  eta_ = sums.col(2).array();
  const RowMatrix& counted = archive.at("pseudo_count");
  // Fits of before there was a level.
  double total = curvature_.sum();
  context.backend.all_reduce(&total, 1);
  level_ = counted.cols() > 1 ? counted(0, 1) : count_ * std::log(total / count_);
}

}  // namespace bdglm
