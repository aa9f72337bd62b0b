// Cutpoints between levels in order: independent normals given their order. The intercept is less the one that the
// state holds at zero, and has its prior given the distances from it.
#include <algorithm>

#include "target/parameter.hpp"

namespace bdglm {
namespace {

class Cutpoints final : public Parameter {
 public:
  void allocate(State& state, const Context& context) const override { state.cutpoints = context.model.start_cuts; }

  std::vector<SavedArray> arrays(State& state) const override { return {{"cutpoints", &state.cutpoints}}; }

  /// What the intercept's prior leaves of the cutpoints' joint density.
  void add_log_prior(const State& state, const Context& context, double& sum) const override {
    if (context.model.priors.earlier) return;  // joint with the coefficients
    const double sd = context.model.priors.cut.sd;
    sum -= 0.5 * (state.cutpoints.array() - state.cutpoints.mean()).square().sum() / (sd * sd);
  }

  void draw_prior(State& state, const Context& context, Stream& stream) const override {
    for (double& cut : state.cutpoints) cut = context.model.priors.cut.sd * draw_normal<double>(stream);
    std::sort(state.cutpoints.begin(), state.cutpoints.end());
    state.cutpoints.array() -= state.cutpoints[context.model.anchor];
  }

  std::vector<Quantity> quantities(const Model& model) const override {
    const auto count = static_cast<std::size_t>(model.start_cuts.size());
    const auto intercept = model.scaling.front().intercept;
    return {{.name = "cut",
             .axes = {{"cutpoint", {}, count}},
             .append = [intercept](const StateView& view, std::vector<double>& out) {
               for (const double cut : view.state.cutpoints) out.push_back(cut - view.coefficients[intercept]);
             }}};
  }
};

}  // namespace

std::unique_ptr<Parameter> make_cutpoints() { return std::make_unique<Cutpoints>(); }

}  // namespace bdglm
