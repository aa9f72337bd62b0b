// What a fit keeps of a state: the named variables of the fit file and their values, flattened.
#pragma once

#include <string>
#include <vector>

#include "bdglm/draws/fit_file.hpp"
#include "bdglm/inference/state.hpp"

namespace bdglm {

class Recorder {
 public:
  /// `save` may name "log_likelihood" and "posterior_predictive".
  Recorder(const Context& context, const Frame& frame, const Design& design, const std::vector<std::string>& save);

  const std::vector<DrawVariable>& variables() const { return variables_; }
  /// The values of `state`, in the order of `variables()`.
  std::vector<double> values(const State& state, const Address& address) const;

 private:
  const Context& context_;
  std::vector<DrawVariable> variables_;
  std::vector<std::vector<std::size_t>> effects_of_group_;  ///< terms that share one r_GROUP
  std::vector<Eigen::Index> prediction_rows_;
  Eigen::VectorXd trials_;
  bool log_likelihood_ = false;
  bool predictive_ = false;
};

}  // namespace bdglm
