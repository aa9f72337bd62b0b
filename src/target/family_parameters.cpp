// The family's parameters that are one number for all rows: a shape, a precision, degrees of freedom.
#include "target/parameter.hpp"

namespace bdglm {
namespace {

/// About where a prior has its mass.
double moderate(const FamilyParameter& parameter, const PositivePrior& prior) {
  switch (prior.kind) {
    case PositivePrior::Kind::constant:
      return prior.a;
    case PositivePrior::Kind::half_t:
      return parameter.lower + 0.4 * prior.b;
    case PositivePrior::Kind::gamma:
    case PositivePrior::Kind::inverse_gamma:
    case PositivePrior::Kind::beta:
      break;
  }
  return parameter.value(0);
}

class FamilyParameterValues final : public Parameter {
 public:
  void allocate(State& state, const Context& context) const override {
    state.parameters.resize(static_cast<Eigen::Index>(context.model.parameters.size()));
    const Eigen::VectorXd& earlier = context.model.prior_coupling.mean;
    Eigen::Index free = 0;
    for (std::size_t k = 0; k < context.model.parameters.size(); ++k) {
      const FamilyParameter& parameter = context.model.parameter(k);
      const PositivePrior& prior = context.model.priors.parameters[k];
      const bool known = earlier.size() > 0 && prior.kind != PositivePrior::Kind::constant;
      state.parameters[static_cast<Eigen::Index>(k)] =
          known ? parameter.value(earlier[free++]) : moderate(parameter, prior);
    }
  }

  std::vector<SavedArray> arrays(State& state) const override { return {{"parameters", &state.parameters}}; }

  void add_log_prior(const State& state, const Context& context, double& sum) const override {
    if (context.model.priors.earlier) return;  // joint with the coefficients
    for (std::size_t k = 0; k < context.model.parameters.size(); ++k)
      sum += log_density(context.model.priors.parameters[k], state.parameters[static_cast<Eigen::Index>(k)]);
  }

  void draw_prior(State& state, const Context& context, Stream& stream) const override {
    for (std::size_t k = 0; k < context.model.parameters.size(); ++k) {
      double& value = state.parameters[static_cast<Eigen::Index>(k)];
      do {
        value = bdglm::draw_prior(context.model.priors.parameters[k], stream);
      } while (!context.model.parameter(k).admits(value));
    }
  }

  std::vector<Quantity> quantities(const Model& model) const override {
    std::vector<Quantity> all;
    for (std::size_t k = 0; k < model.parameters.size(); ++k)
      all.push_back({model.parameter(k).name,
                     {},
                     model.parameter(k).link == FamilyParameter::Link::log ? Quantity::Support::positive
                                                                           : Quantity::Support::probability,
                     [k](const StateView& view, std::vector<double>& out) {
                       out.push_back(view.state.parameters[static_cast<Eigen::Index>(k)]);
                     }});
    return all;
  }
};

}  // namespace

std::unique_ptr<Parameter> make_family_parameters() { return std::make_unique<FamilyParameterValues>(); }

}  // namespace bdglm
