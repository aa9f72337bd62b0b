// What a chain is made of: resident data shared by all chains, and the state that moves.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "compute/backend.hpp"
#include "model/model.hpp"

namespace bdglm {

/// The design on the backend, read by all chains.
struct ResidentData {
  std::vector<Matrix> fixed;            ///< of each predictor, n x p, scaled
  std::vector<Matrix> dense_fixed;      ///< of these the columns that are dense
  Matrix inputs;                        ///< n x d0
  Matrix offset;                        ///< as the predictors, (C n) x 1
  Matrix response;                      ///< n x 1: y, or weighted successes
  Matrix size;                          ///< n x 1: weights, or weighted trials
  Matrix ones;                          ///< n x 1
  Indices sigma;                        ///< sigma level of each row
  Eigen::VectorXd sigma_rows;           ///< rows of each sigma level, in all parts of the rows
  std::vector<ResidentTerm> terms;      ///< of each random effect; z empty for deep ones
  Eigen::Index rows = 0;                ///< n, those of this backend
  double all_rows = 0;                  ///< of all parts
  std::vector<std::size_t> table_rows;  ///< the table's row of each

  /// Predictor c's part of an array of the predictors.
  Matrix of_predictor(int c, const Matrix& m) const { return m.part(c * rows, rows); }
};

ResidentData make_resident(const Model& model, const Design& design, const Backend& backend);

/// Named host arrays: how a state travels to a file and back.
using Archive = std::map<std::string, RowMatrix>;

/// An array of an archive; throws DataError where it is not there, or has not so many rows and columns (-1: any).
const RowMatrix& archived(const Archive& archive, const std::string& name, Eigen::Index rows = -1,
                          Eigen::Index cols = -1);

/// Resident arrays that updates need between their lines, by name and shape; kept, so that a sweep allocates nothing.
class Workspace {
 public:
  /// Zeros at first, then what the last user left.
  Matrix& matrix(const Backend& backend, const std::string& name, Eigen::Index rows, Eigen::Index cols) {
    Matrix& m = matrices_[{name, rows, cols}];
    if (m.storage() == nullptr) m = backend.allocate(rows, cols);
    return m;
  }

 private:
  std::map<std::tuple<std::string, Eigen::Index, Eigen::Index>, Matrix> matrices_;
};

/// All that moves in one chain: parameters up to `noise`, which are saved, then what `refresh` makes of them, and room
/// to work.
struct State {
  Matrix theta;                             ///< NetworkShape's parameter vector, (size x 1)
  Eigen::VectorXd coefficient_variance;     ///< psi_j of priors.fixed; empty where all priors are normal
  Eigen::VectorXd global_variance;          ///< of each predictor's horseshoe, in units of its prior's scale
  std::vector<Matrix> effects;              ///< u_r, levels x q
  std::vector<Eigen::MatrixXd> covariance;  ///< Sigma_r
  Eigen::VectorXd sigma2;                   ///< residual variances by sigma level
  Eigen::VectorXd parameters;               ///< of the family that are one number (Model::parameters)
  Eigen::VectorXd cutpoints;                ///< of levels in order, plus the intercept: one of them is zero
  std::vector<double> weight_variance;      ///< tau_l^2, hidden layers then output
  Eigen::VectorXd relevance;                ///< lambda_j^2 of the inputs; ones without horseshoe
  Eigen::VectorXd relevance_mixing;
  std::vector<double> layer_noise;  ///< Delta_l
  std::vector<Matrix> noise;        ///< sqrt(Delta_l) E_l, n x d_l; none without layer noise

  std::vector<Matrix> pre_activations;
  std::vector<Matrix> activations;
  Matrix base;  ///< offset + random effects (those of deep terms are in the network), (C n) x 1 as what follows
  Matrix eta;
  Matrix scratch;
  Matrix omega;  ///< of one predictor at a time, n x 1
  Matrix kappa;
  Workspace workspace;
  Likelihood likelihood;
};

/// How a network's gradient moves go.
struct NetworkMoves {
  double path = 32;     ///< length in the metric's coordinates; at most two steps for each unit of it
  double memory = 128;  ///< length of the way after which a momentum is down to 1/e; 0: every move draws its own
  bool rough = true;    ///< whether the backend may take gradients through the layers in single precision
};

/// What every update may read.
struct Context {
  const Model& model;
  const ResidentData& data;
  const Backend& backend;
  NetworkMoves network_moves = {};

  ResidentTerm term(std::size_t r, const State& state) const;  ///< with the activations as z for deep terms
  /// The table's row of the backends' row `row`, both from zero.
  std::size_t table_row(Eigen::Index row) const {
    return data.table_rows.at(static_cast<std::size_t>(row - backend.first_row()));
  }
  Network network(const State& state) const;
  /// Predictor c's fixed effects alone.
  Network fixed_effects(int c) const;
  /// Prior mean and precision of theta at the state's scales, with the likelihood of earlier rows where there are any.
  Eigen::VectorXd theta_prior_mean(const State& state) const;
  Eigen::VectorXd theta_prior_precision(const State& state) const;
  /// The prior of all theta at the state's scales, with what an updated fit's has across predictors besides: its log
  /// density up to a constant, the gradient of that, and what it adds to a precision.
  double theta_log_prior(const Eigen::VectorXd& theta, const State& state) const;
  Eigen::VectorXd theta_prior_slope(const Eigen::VectorXd& theta, const State& state) const;
  void add_theta_prior_precision(const State& state, Eigen::MatrixXd& precision) const;
  /// The part across predictors alone: its log density, its gradient added to `gradient`.
  double add_prior_across(const Matrix& theta, const State& state, Matrix& gradient) const;
  /// The prior mean of a predictor's part of theta given the others'.
  Eigen::VectorXd head_prior_mean(int c, const State& state) const;
  /// Of the fixed coefficients, as Model::fixed_names.
  Eigen::VectorXd fixed_prior_mean(const State& state) const;
  Eigen::VectorXd fixed_prior_precision(const State& state) const;
  /// The fixed coefficients of theta, as Model::fixed_names.
  Eigen::VectorXd fixed_coefficients(const Eigen::VectorXd& theta) const;
};

/// A state with everything allocated, coefficients and effects at zero and scales at moderate values.
State make_state(const Context& context);

/// Tells the likelihood the family's parameters.
void set_parameters(State& state, const Context& context);

/// Recomputes base, activations and eta from the parameters, and a Gaussian likelihood's precisions and the
/// family's parameters.
void refresh(State& state, const Context& context);

/// Recomputes base and eta of one predictor, whose coefficients or random effects have changed.
void refresh_predictor(int c, State& state, const Context& context);

/// Expected curvatures of the negative log likelihood by predictor c and each up to c, (c + 1) x n: b p (1 - p), or the
/// precisions, and those across predictors.
RowMatrix curvatures_with(const State& state, const Context& context, int c);

/// Those by each predictor alone, (C n) x 1.
Eigen::VectorXd curvatures(const State& state, const Context& context);

/// Log likelihood plus log prior of all parameters (parameter.hpp), up to a constant.
double log_posterior(const State& state, const Context& context);

/// The parameters.
Archive save_state(const State& state, const Context& context);
void load_state(const Archive& archive, State& state, const Context& context);

}  // namespace bdglm
