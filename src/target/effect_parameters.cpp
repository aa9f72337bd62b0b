// Random effects: normal given their covariances.
#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "target/parameter.hpp"

namespace bdglm {
namespace {

Eigen::VectorXd standard_deviations(const Eigen::MatrixXd& covariance) { return covariance.diagonal().cwiseSqrt(); }

/// Of each pair l < k, row by row.
Eigen::VectorXd correlations(const Eigen::MatrixXd& covariance) {
  const Eigen::Index q = covariance.rows();
  Eigen::VectorXd result(q * (q - 1) / 2);
  Eigen::Index at = 0;
  for (Eigen::Index k = 0; k < q; ++k)
    for (Eigen::Index l = 0; l < k; ++l)
      result[at++] = covariance(k, l) / std::sqrt(covariance(k, k) * covariance(l, l));
  return result;
}

std::vector<std::string> pairs(const std::vector<std::string>& coefficients) {
  std::vector<std::string> names;
  for (std::size_t k = 0; k < coefficients.size(); ++k)
    for (std::size_t l = 0; l < k; ++l) names.push_back(coefficients[l] + "__" + coefficients[k]);
  return names;
}

class RandomEffects final : public Parameter {
 public:
  void allocate(State& state, const Context& context) const override {
    for (const RandomEffect& effect : context.model.effects) {
      state.effects.push_back(context.backend.allocate(effect.levels, effect.width()));
      const Eigen::VectorXd scales = effect.sd_scales();
      state.covariance.emplace_back((0.04 * scales).cwiseProduct(scales).asDiagonal());
    }
  }

  std::vector<SavedArray> arrays(State& state) const override {
    std::vector<SavedArray> result;
    for (std::size_t r = 0; r < state.effects.size(); ++r) {
      result.push_back({"effects" + std::to_string(r), &state.effects[r]});
      result.push_back({"covariance" + std::to_string(r), &state.covariance[r]});
    }
    return result;
  }

  void add_log_prior(const State& state, const Context& context, double& sum) const override {
    for (std::size_t r = 0; r < state.effects.size(); ++r) {
      const RowMatrix u = context.backend.download(state.effects[r]);
      const Eigen::MatrixXd inverse = state.covariance[r].inverse();
      sum += context.model.effects[r].log_density(state.covariance[r]) -
             0.5 * static_cast<double>(u.rows()) * std::log(state.covariance[r].determinant()) -
             0.5 * ((u * inverse).array() * u.array()).sum();
    }
  }

  void draw_prior(State& state, const Context& context, Stream& stream) const override {
    for (std::size_t r = 0; r < state.effects.size(); ++r) {
      state.covariance[r] = context.model.effects[r].draw_prior(stream);
      const Eigen::MatrixXd factor = state.covariance[r].llt().matrixL();
      RowMatrix u(state.effects[r].rows(), state.effects[r].cols());
      for (double& value : u.reshaped<Eigen::RowMajor>()) value = draw_normal<double>(stream);
      context.backend.upload(RowMatrix(u * factor.transpose()), state.effects[r]);
    }
  }

  std::vector<Quantity> quantities(const Model& model) const override {
    std::vector<Quantity> result;
    for (std::size_t r = 0; r < model.effects.size(); ++r) {
      const RandomEffect& e = model.effects[r];
      add(result, "sd_" + e.group, e.group + "__coefficient", e.coefficients, share_arrays(e, model), r,
          Quantity::Support::positive, standard_deviations);
    }
    for (std::size_t r = 0; r < model.effects.size(); ++r) {
      const RandomEffect& e = model.effects[r];
      add(result, "cor_" + e.group, e.group + "__pair", pairs(e.coefficients), share_arrays(e, model), r,
          Quantity::Support::correlation, correlations);
    }
    return result;
  }

 private:
  /// Whether a wide term's numbers share arrays; of terms that share a group these would share their names.
  static bool share_arrays(const RandomEffect& effect, const Model& model) {
    const std::size_t q = effect.coefficients.size();
    return q * (q + 1) / 2 > kMostVariables &&
           std::count_if(model.effects.begin(), model.effects.end(),
                         [&](const RandomEffect& other) { return other.group == effect.group; }) == 1;
  }

  /// Functions of a covariance, as one array or one by one.
  static void add(std::vector<Quantity>& result, const std::string& name, const std::string& axis,
                  const std::vector<std::string>& labels, bool as_array, std::size_t r, Quantity::Support support,
                  Eigen::VectorXd (*f)(const Eigen::MatrixXd&)) {
    if (as_array) {
      result.push_back({name, {{axis, labels}}, support, [r, f](const StateView& view, std::vector<double>& out) {
                          const Eigen::VectorXd all = f(view.state.covariance[r]);
                          out.insert(out.end(), all.begin(), all.end());
                        }});
      return;
    }
    for (std::size_t k = 0; k < labels.size(); ++k)
      result.push_back(
          {name + "__" + labels[k], {}, support, [r, f, k](const StateView& view, std::vector<double>& out) {
             out.push_back(f(view.state.covariance[r])[static_cast<Eigen::Index>(k)]);
           }});
  }
};

}  // namespace

std::unique_ptr<Parameter> make_random_effects() { return std::make_unique<RandomEffects>(); }

}  // namespace bdglm
