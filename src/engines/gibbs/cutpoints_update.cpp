// Cutpoints between levels in order, given the linear predictor; each by a slice move between its neighbours.
#include <cmath>
#include <limits>

#include "engines/gibbs/slice_widths.hpp"
#include "engines/gibbs/sweep.hpp"

namespace bdglm {
namespace {

/// Of the distances from the one at zero, which the intercept moves with everything else.
class CutpointsUpdate final : public Update {
 public:
  std::string name() const override { return "cutpoints"; }

  void apply(State& state, const Context& context, const SweepPosition& position) override {
    const Model& model = context.model;
    const double intercept = context.backend.download(state.theta)(model.intercept_place(), 0);
    double likelihood = context.backend.log_likelihood(state.likelihood, state.eta);
    for (Eigen::Index k = 0; k < state.cutpoints.size(); ++k) {
      if (k == model.anchor) continue;
      const double from = state.cutpoints[k];
      const double low = k > 0 ? state.cutpoints[k - 1] : -std::numeric_limits<double>::infinity();
      const double high =
          k + 1 < state.cutpoints.size() ? state.cutpoints[k + 1] : std::numeric_limits<double>::infinity();
      const auto prior = [&](double cut) {
        const double z = (cut - intercept - model.priors.cut.mean) / model.priors.cut.sd;
        return -0.5 * z * z;
      };
      double there = likelihood;
      double& cut = state.likelihood.parameters.cut[k];
      const auto density = [&](double t) {
        if (from + t <= low || from + t >= high) return -std::numeric_limits<double>::infinity();
        cut = from + t;
        there = context.backend.log_likelihood(state.likelihood, state.eta);
        return there + prior(cut);
      };
      Stream stream(position.address.at(Site::cutpoints, static_cast<std::uint32_t>(k)), 0);
      const double t = slice_move(stream, widths_.of(k), position.adapting(), likelihood + prior(from), density);
      if (t != 0) likelihood = there;
      state.cutpoints[k] = from + t;
      set_parameters(state, context);
    }
  }

  void save(Archive& archive, const Context& /*context*/) const override { widths_.save(archive); }
  void load(const Archive& archive, const Context& /*context*/) override { widths_.load(archive); }

 private:
  SliceWidths widths_{"cutpoint_widths", 0.2};
};

}  // namespace

std::unique_ptr<Update> make_cutpoints_update() { return std::make_unique<CutpointsUpdate>(); }

}  // namespace bdglm
