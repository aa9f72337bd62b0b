// All that a report of a fit shows, as one JSON: what was asked, the posterior, checks, curves, the run.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "bdglm/report.hpp"
#include "data/table.hpp"
#include "design/design.hpp"
#include "fitfile/draw_store.hpp"
#include "posterior/predict.hpp"

namespace bdglm {

/// What a report is made of. Everything outlives the call.
struct ReportSource {
  const DrawSource& fit;
  const Predictor& predictor;   ///< of the groups of `rows`, for scores and checks
  const Predictor& population;  ///< without random effects, for curves
  const Design& rows;           ///< with the response: the fit's own rows, or held out ones
  bool held_out = false;        ///< whether they are others
  bool training = false;        ///< whether others were given that are the fit's own, value for value
  const Table& columns;         ///< the fit's own columns, as far as they can be told
  std::string unknown_columns;  ///< why they cannot be told; empty where all can
  std::string file;             ///< its name, as the report shows it
};

/// The report's data; sections that a fit does not have are absent, those that it could not have are in "left_out" with
/// the reason. Random numbers are those of predictions and checks, so that the same fit gives the same report.
nlohmann::json report_data(const ReportSource& source);

/// Its parts: each adds its members to `report`.
void add_question(const ReportSource& source, nlohmann::json& report);
void add_verdict(const ReportSource& source, const std::vector<ParameterSummary>& parameters, nlohmann::json& report);
void add_parameters(const ReportSource& source, const std::vector<ParameterSummary>& parameters,
                    nlohmann::json& report);
void add_random_effects(const ReportSource& source, nlohmann::json& report);
void add_checks(const ReportSource& source, nlohmann::json& report);
void add_scores(const ReportSource& source, nlohmann::json& report);
void add_curves(const ReportSource& source, nlohmann::json& report);
void add_boundary(const ReportSource& source, nlohmann::json& report);

/// A line of what is not there, and why.
void leave_out(nlohmann::json& report, const std::string& section, const std::string& why);

}  // namespace bdglm
