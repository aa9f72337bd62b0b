// Leave-one-out and WAIC of a fit over its own rows, and fits beside each other.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "bdglm/report.hpp"
#include "design/design.hpp"
#include "family/family.hpp"
#include "fitfile/draw_store.hpp"

namespace bdglm {

/// `design` is that of the fit's own rows; `threads` 0: as many as the machine has. Holds the log likelihood of a block
/// of rows at a time. Throws DataError where the fit keeps too little for it, NumericalError where a row has none.
LeaveOneOut leave_one_out(const DrawSource& source, const Design& design, int threads);

/// What a fit is of, and how well it predicts that.
struct AssessedFit {
  std::string name;
  Family family{};
  std::vector<std::string> response_levels;
  std::vector<std::size_t> rows;  ///< of its table, from 0
  Eigen::VectorXd response, trials, weights;
  LeaveOneOut accuracy;
};

/// Throws DataError, which says how they differ, where two fits are not of the same responses.
void check_same_responses(const AssessedFit& a, const AssessedFit& b);

/// Of two fits or more that are of the same responses.
Comparison compare_fits(const std::vector<AssessedFit>& fits);

void to_json(nlohmann::json& json, const LeaveOneOut& accuracy);
void to_json(nlohmann::json& json, const Comparison& comparison);

}  // namespace bdglm
