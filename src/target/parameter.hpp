// What is unknown in a model: each kind of parameter says once how it is allocated, saved, distributed and recorded.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "target/state.hpp"

namespace bdglm {

/// An axis of a recorded array: its labels, or the numbers from 1 to `count`.
struct Axis {
  std::string name;
  std::vector<std::string> labels;
  std::size_t count = 0;
};

/// A state as recorded values read it, with what several of them need.
struct StateView {
  StateView(const State& of, const Context& context);

  const State& state;
  Eigen::VectorXd theta;
  Eigen::VectorXd coefficients;  ///< in the user's units
};

/// A named array on the user's scale; a number where it has no axes.
struct Quantity {
  enum class Support { real, positive, probability, correlation };
  std::string name;
  std::vector<Axis> axes = {};
  Support support = Support::real;
  std::function<void(const StateView&, std::vector<double>&)> append = {};  ///< its values, the last axis fastest
  bool internal = false;                                                    ///< for the program, not for its user
};

/// An array of a state by the name under which it is saved.
struct SavedArray {
  std::string name;
  std::variant<Matrix*, Eigen::MatrixXd*, Eigen::VectorXd*, std::vector<double>*> values;
};

/// A kind of parameter. It has members in `State`, which updates move; what else depends on it follows from here.
class Parameter {
 public:
  virtual ~Parameter() = default;
  /// Allocates it, at a moderate value.
  virtual void allocate(State& state, const Context& context) const = 0;
  virtual std::vector<SavedArray> arrays(State& state) const = 0;
  /// Adds the log prior density, up to a constant, given the parameters that it depends on.
  virtual void add_log_prior(const State& state, const Context& context, double& sum) const = 0;
  /// A draw from that prior.
  virtual void draw_prior(State& state, const Context& context, Stream& stream) const = 0;
  /// What a fit records of it.
  virtual std::vector<Quantity> quantities(const Model& model) const = 0;
};

/// The parameters of a model, in the order of a fit file. A prior may depend on parameters that come later.
using ParameterTable = std::vector<std::unique_ptr<const Parameter>>;

ParameterTable parameter_table(const Model& model);

/// All parameters from their priors; leaves the state refreshed.
void draw_prior(State& state, const Context& context, Stream& stream);

/// theta: coefficients, and a network's weights and biases.
std::unique_ptr<Parameter> make_coefficients();
/// Variances of coefficients whose priors are mixtures of normal ones.
std::unique_ptr<Parameter> make_coefficient_variances();
/// Random effects and their covariances.
std::unique_ptr<Parameter> make_random_effects();
/// Residual variances.
std::unique_ptr<Parameter> make_residual_variances();
/// Parameters of the family.
std::unique_ptr<Parameter> make_family_parameters();
/// Cutpoints between levels in order.
std::unique_ptr<Parameter> make_cutpoints();
/// tau^2 of the layers' weights.
std::unique_ptr<Parameter> make_weight_variances();
/// Noise of hidden layers and its variances.
std::unique_ptr<Parameter> make_layer_noise();
/// lambda^2 of the inputs.
std::unique_ptr<Parameter> make_input_relevance();

/// Beyond so many, numbers share one variable: files of thousands of variables are slow to open everywhere.
constexpr std::size_t kMostVariables = 100;

/// "1" to "count".
std::vector<std::string> numbered(std::size_t count);

}  // namespace bdglm
