// Unknown variances of coefficients' priors: Student's t, Laplace and the horseshoe as mixtures of normal ones.
#include <cmath>

#include "target/parameter.hpp"

namespace bdglm {
namespace {

/// psi_j of each coefficient (one where its prior is normal), and for each predictor the horseshoe's global variance in
/// units of its prior's scale.
class CoefficientVariances final : public Parameter {
 public:
  void allocate(State& state, const Context& context) const override {
    state.coefficient_variance.setOnes(static_cast<Eigen::Index>(context.model.priors.fixed.size()));
    state.global_variance.setOnes(context.model.shape.predictors());
  }

  std::vector<SavedArray> arrays(State& state) const override {
    return {{"coefficient_variance", &state.coefficient_variance}, {"global_variance", &state.global_variance}};
  }

  void add_log_prior(const State& state, const Context& context, double& sum) const override {
    for_each(context.model, [&](const CoefficientPrior& prior, Eigen::Index k) {
      sum += prior.log_density_of_variance(state.coefficient_variance[k]);
    });
    for (const int c : with_horseshoe(context.model)) sum += kHalfCauchy.log_density(state.global_variance[c]);
  }

  void draw_prior(State& state, const Context& context, Stream& stream) const override {
    for_each(context.model, [&](const CoefficientPrior& prior, Eigen::Index k) {
      state.coefficient_variance[k] = prior.draw_prior_variance(stream);
    });
    for (const int c : with_horseshoe(context.model)) state.global_variance[c] = kHalfCauchy.draw_prior(stream);
  }

  std::vector<Quantity> quantities(const Model& model) const override {
    std::vector<Quantity> result;
    for (const int c : with_horseshoe(model)) {
      const auto first = static_cast<std::size_t>(model.horseshoe_coefficients(c).front());
      result.push_back({"hs_" + name_in_predictor(model.predictors[static_cast<std::size_t>(c)], "global"),
                        {},
                        Quantity::Support::positive,
                        [c, scale = model.priors.fixed[first].sd](const StateView& view, std::vector<double>& out) {
                          out.push_back(scale * std::sqrt(view.state.global_variance[c]));
                        }});
    }
    return result;
  }

 private:
  template <class F>
  static void for_each(const Model& model, F&& f) {
    for (std::size_t k = 0; k < model.priors.fixed.size(); ++k)
      if (model.priors.fixed[k].mixture()) f(model.priors.fixed[k], static_cast<Eigen::Index>(k));
  }

  static std::vector<int> with_horseshoe(const Model& model) {
    std::vector<int> predictors;
    for (int c = 0; c < model.shape.predictors(); ++c)
      if (!model.horseshoe_coefficients(c).empty()) predictors.push_back(c);
    return predictors;
  }
};

}  // namespace

std::unique_ptr<Parameter> make_coefficient_variances() { return std::make_unique<CoefficientVariances>(); }

}  // namespace bdglm
