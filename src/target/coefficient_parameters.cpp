// theta: normal given the scales of its parts.
#include <cmath>

#include "target/family_coordinates.hpp"
#include "target/parameter.hpp"

namespace bdglm {
namespace {

class Coefficients final : public Parameter {
 public:
  void allocate(State& state, const Context& context) const override {
    state.theta = context.backend.allocate(context.model.shape.size(), 1);
  }

  std::vector<SavedArray> arrays(State& state) const override { return {{"theta", &state.theta}}; }

  void add_log_prior(const State& state, const Context& context, double& sum) const override {
    const Eigen::VectorXd precision = context.theta_prior_precision(state);
    const Eigen::VectorXd deviation = context.backend.download(state.theta) - context.theta_prior_mean(state);
    sum += 0.5 * precision.array().log().sum() - 0.5 * (precision.array() * deviation.array().square()).sum();
    if (!context.model.priors.earlier) return;
    const Eigen::MatrixXd& across = context.model.prior_coupling.across;
    if (across.size() > 0) sum -= 0.5 * deviation.dot(across * deviation);
    const FamilyCoordinates coordinates(context.model);
    const Eigen::VectorXd x = coordinates.of(state, context);
    sum += coordinates.log_prior(x, state, context) - coordinates.log_slope(x, context.model);
  }

  void draw_prior(State& state, const Context& context, Stream& stream) const override {
    const Eigen::VectorXd mean = context.theta_prior_mean(state);
    const Eigen::VectorXd precision = context.theta_prior_precision(state);
    RowMatrix theta(mean.size(), 1);
    for (Eigen::Index k = 0; k < theta.size(); ++k)
      theta(k, 0) = mean[k] + draw_normal<double>(stream) / std::sqrt(precision[k]);
    context.backend.upload(theta, state.theta);
  }

  std::vector<Quantity> quantities(const Model& model) const override {
    std::vector<Quantity> result;
    std::vector<std::string> names = model.fixed_names;
    std::vector<Eigen::Index> places;
    for (std::size_t j = 0; j < names.size(); ++j) places.push_back(static_cast<Eigen::Index>(j));
    if (model.has_cuts()) {
      // Cutpoints say what an intercept does.
      const auto intercept = static_cast<std::ptrdiff_t>(model.scaling.front().intercept);
      names.erase(names.begin() + intercept);
      places.erase(places.begin() + intercept);
    }
    if (model.fixed_names.size() > kMostVariables)
      result.push_back({.name = "b",
                        .axes = {{"coefficient", names}},
                        .append = [places](const StateView& view, std::vector<double>& out) {
                          for (const Eigen::Index k : places) out.push_back(view.coefficients[k]);
                        }});
    for (std::size_t j = 0; j < names.size() && model.fixed_names.size() <= kMostVariables; ++j)
      result.push_back(
          {.name = "b_" + names[j], .append = [k = places[j]](const StateView& view, std::vector<double>& out) {
             out.push_back(view.coefficients[k]);
           }});
    if (model.shape.layers() > 0) result.push_back(network_weights(model.shape));
    return result;
  }

 private:
  /// Hidden layers, then the heads' output weights, without the coefficients that have names.
  static Quantity network_weights(const NetworkShape& shape) {
    std::vector<int> kept;
    for (int k = 0; k < shape.heads_offset(); ++k) kept.push_back(k);
    for (int c = 0; c < shape.predictors(); ++c)
      for (int k = 0; k < shape.head(c).units; ++k) kept.push_back(shape.output_offset(c) + k);
    return {.name = "theta",
            .axes = {{"theta_element", {}, kept.size()}},
            .append =
                [kept](const StateView& view, std::vector<double>& out) {
                  for (const int k : kept) out.push_back(view.theta[k]);
                },
            .internal = true};
  }
};

}  // namespace

std::unique_ptr<Parameter> make_coefficients() { return std::make_unique<Coefficients>(); }

}  // namespace bdglm
