// Which parameters convergence is judged by: those whose meaning no network shares.
#pragma once

#include <set>
#include <string>

#include "design/design.hpp"
#include "family/family.hpp"

namespace bdglm {

/// The rule: without a network every parameter is judged. With one, the quantities of its layers are not, nor are
/// coefficients, standard deviations and correlations of terms all of whose columns the network reads too. The
/// intercept reads no column and so is one of them: the network has biases. Effects on output weights, whose units
/// may change places, are not judged either. Predictions and sigma always are.
class JudgedParameters {
 public:
  JudgedParameters(const Frame& frame, Family family);

  /// Whether R-hat and effective draws of `name` tell of convergence; a variable ("sigma", "b_age") or one of its
  /// elements as the summary writes it ("weight_scale[2]", "b[age]", "r_g[1,Intercept]").
  bool contains(const std::string& name) const;
  /// True where every parameter is judged.
  bool all() const { return shared_.empty(); }

 private:
  /// Adds the names of one predictor that reads the network.
  void add(const RightSide& side, const DeepTerm& network, const std::string& predictor, const Frame& frame);

  std::set<std::string> shared_;  // names of variables and elements that share their meaning with the network
};

}  // namespace bdglm
