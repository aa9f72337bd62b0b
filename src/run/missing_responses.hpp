// Rows that miss the response: new responses of theirs at every draw, of which the likelihood knows nothing.
#pragma once

#include <vector>

#include "fitfile/draw_store.hpp"
#include "target/state.hpp"

namespace bdglm {

/// Effects of groups that no row with a response has are drawn from N(0, Sigma). Given the parameters a missing
/// response is independent of all that was observed, so that draws of p(y_missing | parameters) beside those of the
/// parameters are draws of the joint posterior, as a sweep over both would have.
class MissingResponses {
 public:
  /// `missing` in the user's units, which may have no rows; `observed` the number of those with a response.
  MissingResponses(const Model& model, Design missing, double observed, const Backend& backend);

  MissingResponses(const MissingResponses&) = delete;  // the context refers to the data beside it
  MissingResponses& operator=(const MissingResponses&) = delete;

  long long count() const { return rows_.size(); }
  /// The rows' numbers in the table, from 1.
  Dimension rows() const;
  /// Appends one response a row, drawn at the state's parameters.
  void append(const State& state, const Address& address, std::vector<double>& out) const;

 private:
  State state_here(const State& state, const Address& address) const;
  void take_effects(std::size_t r, const State& state, const Address& address, State& here) const;

  Model model_;  ///< with the levels that no row with a response has
  Design rows_;
  std::size_t first_;  ///< address of the first one's response
  ResidentData data_;
  Context context_;
};

}  // namespace bdglm
