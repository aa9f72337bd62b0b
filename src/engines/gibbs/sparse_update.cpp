// The joint draw of a predictor's coefficients where some of their columns are sparse (math note, section 4).
#include <cmath>
#include <optional>

#include "engines/gibbs/conjugate_gradients.hpp"
#include "engines/gibbs/sparse_preconditioner.hpp"
#include "engines/gibbs/sweep.hpp"
#include "sampling/standard.hpp"

namespace bdglm {
namespace {

/// Of a draw, in standard deviations of any linear function of the coefficients.
constexpr double kRelativeResidual = 1e-3;

/// Draws output weights and coefficients given latents and random effects: a draw from their prior, and what the rows
/// take it by, which solves a system whose right side is random (Nishimura and Suchard 2023, section 2; Bhattacharya,
/// Chakraborty and Mallick 2016). Whatever the rows do not tell thus stays an independent draw of the prior, however
/// far the system is solved.
class SparseUpdate final : public Update {
 public:
  explicit SparseUpdate(int predictor) : predictor_(predictor) {}

  std::string name() const override { return "sparse coefficients"; }

  void apply(State& state, const Context& context, const SweepPosition& position) override {
    const Backend& backend = context.backend;
    const NetworkShape& shape = context.model.shape;
    const Eigen::Index from = shape.head_offset(predictor_);
    const Eigen::Index size = shape.head(predictor_).size();
    std::vector<Matrix> blocks;
    if (shape.head(predictor_).units > 0) blocks.push_back(state.activations.back());
    blocks.push_back(context.data.fixed[static_cast<std::size_t>(predictor_)]);
    const auto noise = position.address.at(Site::sparse_coefficients, static_cast<std::uint32_t>(2 * predictor_));
    const auto prior_noise =
        position.address.at(Site::sparse_coefficients, static_cast<std::uint32_t>(2 * predictor_ + 1));
    Matrix base = context.data.of_predictor(predictor_, state.base);
    set_effects(state, context, base);
    Matrix linear = context.data.of_predictor(predictor_, state.scratch);
    backend.working_residual(state.kappa, state.omega, base, linear);
    const Eigen::VectorXd precision = context.theta_prior_precision(state).segment(from, size);
    Matrix& head = state.workspace.matrix(backend, "dense", size, 1);
    backend.draw_normal(prior_noise, head);
    const Eigen::VectorXd prior =
        context.head_prior_mean(predictor_, state) +
        precision.cwiseSqrt().cwiseInverse().cwiseProduct(Eigen::VectorXd(backend.download(head)));
    backend.add_noise(state.omega, noise, linear);
    const Eigen::VectorXd right =
        backend.transposed_times(blocks, linear) - backend.weighted_product(blocks, state.omega, prior);
    if (!preconditioner_) preconditioner_.emplace(context, predictor_, shape.head(predictor_).units);
    preconditioner_->prepare(context, state.omega, backend.weighted_squares(blocks, state.omega) + precision,
                             precision);
    Eigen::VectorXd x;
    conjugate_gradients(
        [&](const Eigen::VectorXd& v) -> Eigen::VectorXd {
          return backend.weighted_product(blocks, state.omega, v) + precision.cwiseProduct(v);
        },
        [&](const Eigen::VectorXd& r) { return preconditioner_->solve(r); }, right, kRelativeResidual, x);
    x += prior;
    backend.upload(RowMatrix(x), head);
    backend.copy_segment(head, 0, state.theta, from, size);
    refresh_predictor(predictor_, state, context);
  }

 private:
  /// base = offset and all random effects.
  void set_effects(State& state, const Context& context, Matrix& base) const {
    context.backend.copy(context.data.of_predictor(predictor_, context.data.offset), base);
    for (std::size_t r = 0; r < state.effects.size(); ++r)
      if (context.model.effects[r].predictor == predictor_)
        context.backend.add_group_effects(context.term(r, state), state.effects[r], 1, base);
  }

  int predictor_;
  std::optional<SparsePreconditioner> preconditioner_;
};

}  // namespace

std::unique_ptr<Update> make_sparse_update(int predictor) { return std::make_unique<SparseUpdate>(predictor); }

}  // namespace bdglm
