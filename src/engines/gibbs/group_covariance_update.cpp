// Covariances of random effects: draws given the effects, and moves along the group u -> A u, Sigma -> A Sigma A'
// with the latents integrated out, which are the non-centred updates (math note, section 6).
#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <cmath>

#include "engines/gibbs/covariance_move.hpp"
#include "engines/gibbs/covariance_slices.hpp"
#include "engines/gibbs/slice_widths.hpp"
#include "engines/gibbs/sweep.hpp"
#include "sampling/gamma.hpp"

namespace bdglm {
namespace {

/// Sigma ~ inverse Wishart(degrees, scale): density |Sigma|^(-(degrees+q+1)/2) exp(-tr(scale Sigma^-1)/2), by
/// Bartlett's decomposition of the Wishart precision.
Eigen::MatrixXd draw_inverse_wishart(Stream& stream, double degrees, const Eigen::MatrixXd& scale) {
  const Eigen::Index q = scale.rows();
  const Eigen::MatrixXd factor = scale.llt().matrixL();
  Eigen::MatrixXd bartlett = Eigen::MatrixXd::Zero(q, q);
  for (Eigen::Index i = 0; i < q; ++i) {
    bartlett(i, i) = std::sqrt(2 * draw_gamma<double>(stream, 0.5 * (degrees - static_cast<double>(i))));
    for (Eigen::Index j = 0; j < i; ++j) bartlett(i, j) = draw_normal<double>(stream);
  }
  // Sigma = F (B B')^-1 F' with scale = F F'.
  const Eigen::MatrixXd half = bartlett.triangularView<Eigen::Lower>().solve(factor.transpose());
  return half.transpose() * half;
}

class GroupCovarianceUpdate final : public Update {
 public:
  GroupCovarianceUpdate(std::vector<bool> collapsed, int period)
      : collapsed_(std::move(collapsed)), period_(static_cast<std::uint32_t>(period)) {}

  std::string name() const override { return "random-effect covariances"; }
  void save(Archive& archive, const Context& /*context*/) const override { widths_.save(archive); }
  void load(const Archive& archive, const Context& /*context*/) override { widths_.load(archive); }

  void apply(State& state, const Context& context, const SweepPosition& position) override {
    for (std::size_t r = 0; r < state.effects.size(); ++r) {
      const auto instance = static_cast<std::uint32_t>(r);
      centred(r, state, context, position.address.at(Site::group_covariance, instance));
      if (!collapsed_[r] || position.address.sweep % period_ == 0)
        group_moves(r, state, context, position.address.at(Site::group_moves, instance), position.adapting());
    }
    refresh(state, context);
  }

 private:
  /// Given the effects: exact under Huang and Wand's prior, by slices under another.
  static void centred(std::size_t r, State& state, const Context& context, const Address& address) {
    const RandomEffect& effect = context.model.effects[r];
    const Eigen::MatrixXd squares = context.backend.gram(state.effects[r]);
    if (effect.huang_wand())
      state.covariance[r] = conjugate(effect, state.covariance[r], squares, address);
    else
      slice_covariance(effect, squares, address, state.covariance[r]);
  }

  /// Mixing variables given Sigma, then Sigma given these and the effects' `squares`, the sum of u u'.
  static Eigen::MatrixXd conjugate(const RandomEffect& effect, const Eigen::MatrixXd& from,
                                   const Eigen::MatrixXd& squares, const Address& address) {
    Stream stream(address, 0);
    const Eigen::Index q = effect.width();
    const double nu = effect.sd.a;
    const Eigen::MatrixXd inverse = from.inverse();
    Eigen::MatrixXd scale = squares;
    for (Eigen::Index k = 0; k < q; ++k) {
      const double mixing = draw_inverse_gamma(stream, 0.5 * (nu + static_cast<double>(q)),
                                               nu * inverse(k, k) + 1 / (effect.sd.b * effect.sd.b));
      scale(k, k) += 2 * nu / mixing;
    }
    const double degrees = nu + static_cast<double>(q) - 1 + static_cast<double>(effect.levels);
    return draw_inverse_wishart(stream, degrees, scale);
  }

  /// Scales each coefficient (A = diag(.., e^t, ..)) and shears each into each other (A = I + t e_k e_l').
  void group_moves(std::size_t r, State& state, const Context& context, const Address& address, bool adapting) {
    const Eigen::Index q = context.model.effects[r].width();
    double here = context.backend.log_likelihood(held(state.likelihood), state.eta);
    std::uint32_t element = 0;
    for_each_covariance_move(q, [&](const CovarianceMove& by) {
      Stream stream(address, element++);
      here = move(r, by, state, context, adapting, here, stream);
    });
  }

  /// One move; takes and returns the log likelihood at the present state, up to a constant.
  double move(std::size_t r, const CovarianceMove& by, State& state, const Context& context, bool adapting, double here,
              Stream& stream) {
    const Backend& backend = context.backend;
    const RandomEffect& effect = context.model.effects[r];
    RowMatrix select = RowMatrix::Zero(by.q, by.q);
    select(by.k, by.l) = 1;
    Matrix& moved = state.workspace.matrix(backend, "moved effects", effect.levels, by.q);
    backend.transform(state.effects[r], select, moved);
    Matrix& direction = state.workspace.matrix(backend, "direction", state.eta.rows(), 1);
    backend.copy(state.workspace.matrix(backend, "zero", state.eta.rows(), 1), direction);
    Matrix own = context.data.of_predictor(effect.predictor, direction);
    backend.add_group_effects(context.term(r, state), moved, 1, own);
    const Eigen::MatrixXd from = state.covariance[r];
    // |A|^J for u cancels against the normal density of u.
    const auto log_prior = [&](double t) { return effect.log_density(by.moved(from, t)) + by.log_jacobian(t); };
    const auto log_likelihood = backend.log_likelihood_along(held(state.likelihood), state.eta, direction, here);
    double there = here;
    const double t = slice_move(stream, widths_.of(static_cast<Eigen::Index>(r), by.k, by.l), adapting,
                                here + log_prior(0), [&](double s) {
                                  there = log_likelihood(by.amount(s));
                                  return there + log_prior(s);
                                });
    if (t == 0) return here;
    backend.transform(state.effects[r], by.transformation(t), moved);
    backend.copy(moved, state.effects[r]);
    state.covariance[r] = by.moved(from, t);
    backend.axpy(by.amount(t), direction, state.eta);
    return there;
  }

  std::vector<bool> collapsed_;
  std::uint32_t period_;
  SliceWidths widths_{"group_widths", 0.5};
};

}  // namespace

std::unique_ptr<Update> make_group_covariance_update(std::vector<bool> collapsed, int period) {
  return std::make_unique<GroupCovarianceUpdate>(std::move(collapsed), period);
}

}  // namespace bdglm
