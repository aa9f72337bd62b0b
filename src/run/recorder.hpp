// What a fit keeps of a state: the named variables of the fit file and their values, flattened.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engines/gibbs/move_record.hpp"
#include "fitfile/draw_store.hpp"
#include "run/effect_moments.hpp"
#include "run/job.hpp"
#include "run/missing_responses.hpp"
#include "target/parameter.hpp"

namespace bdglm {

/// What of the random effects is kept: every draw, each so manieth, means and covariances, or nothing.
struct EffectsSaving {
  enum class Kind { all, thinned, moments, none };
  Kind kind = Kind::all;
  int every = 1;
};

/// Reads `run.save_effects`; "auto" is all while their draws take at most half a GiB, else moments, which `notes` then
/// tells and `run.save_effects` says from then on. Throws ModelError.
EffectsSaving choose_effects_saving(RunOptions& run, const Model& model, std::vector<std::string>& notes);

/// Terms of the same group, whose coefficients stand together in r_GROUP.
struct EffectGroup {
  std::string group;
  std::vector<std::size_t> terms;
  std::vector<std::string> coefficients;
};

std::vector<EffectGroup> group_effects(const std::vector<RandomEffect>& effects);
/// levels x coefficients.
RowMatrix effects_of(const EffectGroup& group, const State& state, const Backend& backend);
/// Levels and coefficients of a group, as dimensions in a fit file.
Dimension level_dimension(const Frame& frame, const std::string& group);
Dimension coefficient_dimension(const std::string& group, const std::vector<std::string>& coefficients);

/// The means and covariances of effects as variables of a fit; without values where there are no draws.
std::vector<DataVariable> moment_variables(const EffectMoments& moments, const std::vector<EffectGroup>& groups,
                                           const Frame& frame);

class Recorder {
 public:
  Recorder(const Context& context, const Frame& frame, const Design& design, Design missing, const RunOptions& run,
           const EffectsSaving& effects);

  std::vector<DrawVariable> variables() const;
  /// Rows whose responses are drawn.
  long long missing_responses() const { return missing_.count(); }
  /// The values of `state`, in the order of `variables()`; those that are not kept at this draw are left out.
  std::vector<double> values(const State& state, const MoveRecord& moves, const Address& address,
                             std::int64_t draw) const;

 private:
  /// A state with what several variables read of it.
  struct Snapshot : StateView {
    const MoveRecord& moves;
    const Address& address;
    Eigen::Index rows;
    Eigen::VectorXd eta;  ///< empty where no variable needs it

    Predictors predictors(Eigen::Index row) const {
      return {eta.data() + row, static_cast<std::size_t>(rows), static_cast<int>(eta.size() / rows),
              &state.likelihood.parameters};
    }
  };
  using Values = std::function<void(const Snapshot&, std::vector<double>&)>;
  struct Entry {
    DrawVariable variable;
    Values values;
  };

  void add(DrawVariable variable, Values values);
  void add_prediction(const Frame& frame, const Design& design);
  void add_effects(const Frame& frame, const EffectsSaving& effects);
  void add_statistics();
  void add_rows(const Design& design, const std::vector<std::string>& levels, const std::vector<std::string>& save);
  void add_missing(const Frame& frame);

  const Context& context_;
  MissingResponses missing_;
  std::vector<Entry> entries_;
  Eigen::VectorXd response_, trials_, weights_;
  std::vector<Eigen::Index> order_;  ///< the rows in the table's order
  bool precisions_;                  ///< what weights are; else frequencies
  bool needs_eta_ = false;
};

}  // namespace bdglm
