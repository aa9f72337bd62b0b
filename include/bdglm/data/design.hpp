// Numbers out of a table: a frame remembers what the training data fixed, a design holds the matrices.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "bdglm/base/row_matrix.hpp"
#include "bdglm/data/formula.hpp"
#include "bdglm/data/table.hpp"

namespace bdglm {

/// What the training data fix once and prediction applies again: levels, scalings, and what '.' means.
struct Frame {
  std::string formula_text;
  std::string sigma_text;                                        ///< grouping column of --sigma, or empty
  std::vector<std::string> candidates;                           ///< columns that '.' may stand for
  std::map<std::string, std::vector<std::string>> levels;        ///< levels of the factor columns
  std::vector<std::string> response_levels;                      ///< two labels, or empty for a numeric response
  std::vector<std::string> deep_names;                           ///< inputs of the network, one a column
  std::vector<double> deep_mean, deep_sd;                        ///< 0 and 1 for indicators
  std::map<std::string, std::vector<std::string>> group_levels;  ///< by group name, "a:b" too
  std::vector<std::string> sigma_levels;

  Formula formula() const { return parse_formula(formula_text, candidates); }
};

void to_json(nlohmann::json& json, const Frame& frame);
void from_json(const nlohmann::json& json, Frame& frame);

/// One random-effect term over the design's rows.
struct GroupDesign {
  std::string group;                      ///< "district"
  std::vector<std::string> coefficients;  ///< "Intercept", "urbanY"; for deep terms one a unit
  bool deep = false;
  RowMatrix z;                          ///< n x q; empty for deep terms
  std::vector<std::int32_t> index;      ///< group of each row; known levels first, then new ones
  std::vector<std::string> new_levels;  ///< labels not seen in training, from index levels.size() on
};

/// Matrices over the rows without missing values.
struct Design {
  std::size_t table_rows = 0;
  std::vector<std::size_t> rows;  ///< the table's row of each design row
  std::vector<std::string> fixed_names;
  RowMatrix fixed;  ///< n x p in the user's units
  std::vector<std::string> deep_names;
  RowMatrix deep;  ///< n x d0, standardised
  std::vector<GroupDesign> groups;
  Eigen::VectorXd offset;
  Eigen::VectorXd response;  ///< empty where not asked for
  Eigen::VectorXd trials;    ///< ones where the formula has none
  Eigen::VectorXd weights;   ///< ones where the formula has none
  std::vector<std::int32_t> sigma_index;
  std::vector<std::string> notes;  ///< what the user should know: rows dropped, collinear columns

  Eigen::Index size() const { return static_cast<Eigen::Index>(rows.size()); }
};

struct DesignOptions {
  bool with_response = true;
  bool missing_is_error = false;  ///< --na error
  bool with_groups = true;        ///< false leaves random effects out, and the columns that they alone need
  bool with_weights = true;       ///< false gives every row the weight one and needs no column of weights
};

/// Reads levels and scalings off the training table. Throws ModelError or DataError for unusable columns.
Frame make_frame(const std::string& formula, const std::string& sigma, const Table& table);

/// The design of `table` under `frame`. A factor level not in the frame is a DataError that names the row.
Design make_design(const Frame& frame, const Table& table, const DesignOptions& options);

}  // namespace bdglm
