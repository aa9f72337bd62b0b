// The family's parameters that are one number for all rows, given the linear predictors.
#include <cmath>
#include <optional>

#include "engines/gibbs/slice_widths.hpp"
#include "engines/gibbs/sweep.hpp"

namespace bdglm {
namespace {

/// A slice move of each in turn, of the logarithm of what exceeds its lower bound, or of the log odds.
class FamilyParametersUpdate final : public Update {
 public:
  std::string name() const override { return "family parameters"; }

  void apply(State& state, const Context& context, const SweepPosition& position) override {
    const Model& model = context.model;
    const Backend& backend = context.backend;
    std::optional<double> likelihood;
    for (std::size_t k = 0; k < model.parameters.size(); ++k) {
      if (model.priors.parameters[k].kind == PositivePrior::Kind::constant) continue;
      double& x = state.likelihood.parameters.value[model.parameters[k]];
      const double from = x;
      const FamilyParameter& parameter = model.parameter(k);
      const auto prior = [&](double at) {
        return log_density(model.priors.parameters[k], parameter.value(at)) + parameter.log_slope(at);
      };
      if (!likelihood) likelihood = backend.log_likelihood(state.likelihood, state.eta);
      double there = *likelihood;
      const auto density = [&](double t) {
        x = from + t;
        there = backend.log_likelihood(state.likelihood, state.eta);
        return there + prior(x);
      };
      Stream stream(position.address.at(Site::family_parameters, static_cast<std::uint32_t>(k)), 0);
      const double t = slice_move(stream, widths_.of(static_cast<Eigen::Index>(k)), position.adapting(),
                                  *likelihood + prior(from), density);
      if (t != 0) likelihood = there;
      state.parameters[static_cast<Eigen::Index>(k)] = parameter.value(from + t);
      set_parameters(state, context);
    }
  }

  void save(Archive& archive, const Context& /*context*/) const override { widths_.save(archive); }
  void load(const Archive& archive, const Context& /*context*/) override { widths_.load(archive); }

 private:
  SliceWidths widths_{"family_parameter_widths", 1};
};

}  // namespace

std::unique_ptr<Update> make_family_parameters_update() { return std::make_unique<FamilyParametersUpdate>(); }

}  // namespace bdglm
