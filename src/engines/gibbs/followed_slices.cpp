// Slice moves of the family's numbers and the coefficients at once.
#include "engines/gibbs/followed_slices.hpp"

#include <Eigen/LU>

#include "family/response.hpp"

namespace bdglm {
namespace {

/// Moves along t -> (x + t axis, theta + amount(t) follows), volume preserving since amount depends on t alone.
class Ridges {
 public:
  Ridges(SliceWidths& widths, ParameterTerms& terms, State& state, const Context& context,
         const SweepPosition& position)
      : widths_(widths),
        terms_(terms),
        state_(state),
        context_(context),
        position_(position),
        coordinates_(context.model) {}

  const FamilyCoordinates& coordinates() const { return coordinates_; }
  Eigen::VectorXd here() const { return coordinates_.of(state_, context_); }

  template <class Amount>
  void move(const Eigen::VectorXd& axis, const Eigen::VectorXd& follows, Amount&& amount) {
    // Other addresses than those of slices with the predictors held.
    constexpr std::uint32_t kFirstInstance = 128;
    const Backend& backend = context_.backend;
    const Eigen::Index n = state_.eta.rows();
    Matrix& zero = state_.workspace.matrix(backend, "zero", n, 1);
    Matrix& direction = state_.workspace.matrix(backend, "ridge direction", n, 1);
    Matrix& eta = state_.workspace.matrix(backend, "ridge eta", n, 1);
    Matrix& along = state_.workspace.matrix(backend, "ridge theta", state_.theta.rows(), 1);
    std::vector<Matrix> none;
    const Eigen::VectorXd x = here();
    const Eigen::VectorXd theta = backend.download(state_.theta);
    backend.upload(RowMatrix(follows), along);
    backend.forward(context_.network(state_), along, zero, none, none, direction);
    const auto log_density = [&](double t) {
      const Eigen::VectorXd moved = x + t * axis;
      coordinates_.put(moved, state_, context_);
      backend.copy(state_.eta, eta);
      backend.axpy(amount(t), direction, eta);
      return terms_.log_likelihood(state_, eta, context_) + coordinates_.log_prior(moved, state_, context_) +
             context_.theta_log_prior(theta + amount(t) * follows, state_);
    };
    const double now = log_density(0);
    Stream stream(position_.address.at(Site::family_parameters, kFirstInstance + moves_), 0);
    const double t =
        slice_move(stream, widths_.of(static_cast<Eigen::Index>(moves_)), position_.adapting(), now, log_density);
    moves_ += 1;
    coordinates_.put(x + t * axis, state_, context_);
    backend.upload(RowMatrix(theta + amount(t) * follows), state_.theta);
    refresh(state_, context_);
  }

 private:
  SliceWidths& widths_;
  ParameterTerms& terms_;
  State& state_;
  const Context& context_;
  const SweepPosition& position_;
  FamilyCoordinates coordinates_;
  std::uint32_t moves_ = 0;
};

/// Each parameter of the family that says so, the first predictor's intercept keeping the expected response.
void move_along_means(Ridges& ridges, const State& state, const Context& context) {
  const Model& model = context.model;
  if (model.scaling.front().intercept < 0) return;
  const Eigen::Index count = ridges.coordinates().size();
  Eigen::VectorXd intercept = Eigen::VectorXd::Unit(state.theta.rows(), model.intercept_place());
  if (!model.rotation.empty()) {
    const auto own = Eigen::seqN(model.shape.fixed_offset(0), model.shape.head(0).fixed);
    intercept(own) = model.rotation.front().partialPivLu().solve(intercept(own)).eval();
  }
  for (Eigen::Index k = 0; k < ridges.coordinates().parameters(); ++k) {
    const int parameter = ridges.coordinates().parameter(k, model);
    const double from = ridges.here()[k];
    const auto shift = [&](double t) { return mean_shift(model.family, parameter, from, from + t); };
    if (shift(1) != 0) ridges.move(Eigen::VectorXd::Unit(count, k), intercept, shift);
  }
}

}  // namespace

void move_along_ridges(const LinearApproximation& approximation, SliceWidths& widths, ParameterTerms& terms,
                       State& state, const Context& context, const SweepPosition& position) {
  Ridges ridges(widths, terms, state, context, position);
  for (Eigen::Index j = 0; j < ridges.coordinates().size(); ++j) {
    const Eigen::VectorXd axis = approximation.axes().col(j);
    ridges.move(axis, approximation.by_family() * axis, [](double t) { return t; });
  }
  move_along_means(ridges, state, context);
}

void move_along_means(SliceWidths& widths, ParameterTerms& terms, State& state, const Context& context,
                      const SweepPosition& position) {
  Ridges ridges(widths, terms, state, context, position);
  move_along_means(ridges, state, context);
}

}  // namespace bdglm
