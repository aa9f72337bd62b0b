// A run's work order: the specification and its data, made into frame, design and options.
#pragma once

#include "bdglm/fit.hpp"
#include "design/design.hpp"
#include "model/model.hpp"

namespace bdglm {

/// Everything that decides a run.
struct FitJob {
  Frame frame;
  Design design;   ///< in the user's units
  Design missing;  ///< rows whose responses are drawn; not of the likelihood
  Family family{};
  ModelOptions model;
  RunOptions run;
  bool rows_by_group = true;  ///< whether large tables are sampled group by group; false for fits begun otherwise
};

/// Reads the columns that the specification names and checks what it says. Throws DataError and ModelError.
FitJob make_job(const ModelSpec& model, const RunOptions& run);

/// Throws ModelError for an option that is out of its range.
void check_run(const RunOptions& run);

/// K of a word of `save_effects`, "every=K"; 1 for the others. Throws ModelError for a word that is none.
int check_effects_word(const std::string& word);

/// Each note once, in the order of their first.
std::vector<std::string> once_each(const std::vector<std::string>& notes);

}  // namespace bdglm
