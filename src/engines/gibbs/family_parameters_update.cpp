// The family's parameters that are one number for all rows, and cutpoints, given the linear predictors.
#include <cmath>

#include "engines/gibbs/followed_slices.hpp"
#include "engines/gibbs/parameter_terms.hpp"
#include "engines/gibbs/slice_widths.hpp"
#include "target/family_coordinates.hpp"

namespace bdglm {
namespace {

/// A slice move of each coordinate in turn; that of a distance carries the cutpoints beyond it along.
class FamilyParametersUpdate final : public Update {
 public:
  std::string name() const override { return "family parameters"; }

  void apply(State& state, const Context& context, const SweepPosition& position) override {
    const FamilyCoordinates coordinates(context.model);
    if (coordinates.size() == 0) return;
    const Eigen::VectorXd theta = context.backend.download(state.theta);
    Eigen::VectorXd x = coordinates.of(state, context);
    const auto log_prior = [&] {
      return coordinates.log_prior(x, state, context) + coefficient_log_prior(theta, state, context);
    };
    double likelihood = terms_.log_likelihood(state, state.eta, context);
    for (Eigen::Index k = 0; k < coordinates.size(); ++k) {
      const double from = x[k];
      double there = likelihood;
      const auto density = [&](double t) {
        x[k] = from + t;
        coordinates.put(x, state, context);
        there = terms_.log_likelihood(state, state.eta, context);
        return there + log_prior();
      };
      const bool cut = k >= coordinates.parameters();
      const Site site = cut ? Site::cutpoints : Site::family_parameters;
      Stream stream(position.address.at(site, static_cast<std::uint32_t>(k)), 0);
      const double here = likelihood + log_prior();
      const double t = slice_move(stream, widths_.of(k), position.adapting(), here, density);
      if (t != 0) likelihood = there;
      x[k] = from + t;
      coordinates.put(x, state, context);
    }
    // Within a linear move that is one of its moves along ridges, which have these addresses.
    const Model& model = context.model;
    const bool linear = model.effects.empty() && !model.has_coefficient_variances();
    if (!linear && model.shape.layers() == 0 && model.shape.head(0).fixed > 0)
      move_along_means(mean_widths_, terms_, state, context, position);
  }

  void save(Archive& archive, const Context& /*context*/) const override {
    widths_.save(archive);
    mean_widths_.save(archive);
  }
  void load(const Archive& archive, const Context& /*context*/) override {
    widths_.load(archive);
    mean_widths_.load(archive);
  }

 private:
  /// Of coefficients whose prior depends on the family's numbers: an updated fit's; and an intercept that stands for a
  /// cutpoint, which is about the mean of the others.
  static double coefficient_log_prior(const Eigen::VectorXd& theta, const State& state, const Context& context) {
    if (context.model.priors.earlier) return context.theta_log_prior(theta, state);
    if (!context.model.has_cuts()) return 0;
    const Eigen::Index place = context.model.scaling.front().intercept;
    const double z = theta[context.model.intercept_place()] - context.fixed_prior_mean(state)[place];
    return -0.5 * context.model.fixed_prior_precision[place] * z * z;
  }

  SliceWidths widths_{"family_parameter_widths", 1};
  SliceWidths mean_widths_{"mean_widths", 1};
  ParameterTerms terms_;
};

}  // namespace

std::unique_ptr<Update> make_family_parameters_update() { return std::make_unique<FamilyParametersUpdate>(); }

}  // namespace bdglm
