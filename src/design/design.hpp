// Numbers out of a table: a frame remembers what the training data fixed, a design holds the matrices.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/activation.hpp"
#include "base/row_matrix.hpp"
#include "base/sparse_rows.hpp"
#include "data/table.hpp"
#include "design/formula.hpp"
#include "design/input_ramps.hpp"

namespace bdglm {

/// The levels of a grouping as tuples of its columns' labels; a nesting keeps codes, so that no two tuples merge.
struct GroupLevels {
  std::vector<std::vector<std::string>> labels;  ///< of each column
  std::vector<std::int32_t> codes;               ///< levels x columns, into labels; empty for one column: level = label

  std::size_t size() const { return codes.empty() ? labels.at(0).size() : codes.size() / labels.size(); }
  /// Labels to show, all distinct: "x:y", with parts in quotes ("\"x:y\":z") where two levels would read alike.
  std::vector<std::string> shown() const;
};

/// A block of columns that the formula reads, as training had it.
struct FrameBlock {
  std::size_t columns = 0;
  std::vector<std::size_t> constant;  ///< columns (from 0, ascending) that did not vary, and have no say
  bool sparse = false;                ///< whether designs hold the numbers that are not zero

  /// The columns that have a say, ascending.
  std::vector<std::size_t> varying() const;
};

/// What the training data fix once and prediction applies again: levels, scalings, and what '.' means.
struct Frame {
  std::vector<std::string> formulas;                             ///< that of the response first
  std::string sigma_text;                                        ///< grouping column of --sigma, or empty
  std::vector<std::string> candidates;                           ///< columns and blocks that '.' may stand for
  std::map<std::string, FrameBlock> blocks;                      ///< that the formula reads
  std::vector<std::string> factors;                              ///< columns of numbers taken as factors (--factor)
  std::map<std::string, std::vector<std::string>> levels;        ///< of each factor as it stands in the formula
  std::vector<std::string> response_levels;                      ///< labels, or empty for a numeric response
  std::string activation = name_of(kUsualActivation);            ///< of a network whose formula does not state it
  std::vector<std::string> deep_names;                           ///< inputs of the network, one a column
  std::vector<double> deep_mean, deep_sd;                        ///< 0 and 1 for indicators
  std::vector<InputRamps> deep_ramps;                            ///< of the dense ones; empty where none has any
  std::vector<std::string> sparse_factors;                       ///< inputs of the network with very many levels
  std::map<std::string, GroupLevels> groupings;                  ///< by group name, "a:b" too
  std::map<std::string, std::vector<std::string>> group_levels;  ///< the levels of `groupings` as shown, all distinct
  std::vector<std::string> sigma_levels;
  /// What each column the model uses was taken for, in words: {"woman", "number"}.
  std::vector<std::pair<std::string, std::string>> columns;
  std::vector<std::string> notes;  ///< what the user should know of the columns; not kept in the fit file

  /// The names, with those of a block's varying columns in place of its own.
  std::vector<std::string> with_block_columns(const std::vector<std::string>& names) const;

  /// The formulas as interpreted, with the frame's activation where the network's is not stated.
  Formula formula() const;
};

/// The formulas of single predictors.
inline std::vector<std::string> further_formulas(const Frame& frame) {
  return {frame.formulas.begin() + 1, frame.formulas.end()};
}

void to_json(nlohmann::json& json, const Frame& frame);
void from_json(const nlohmann::json& json, Frame& frame);

/// What a random-effect term is called, and its coefficients.
struct TermNames {
  std::string group;                      ///< "district"
  std::vector<std::string> coefficients;  ///< "Intercept", "urbanY"; for deep terms one a unit
  bool deep = false;

  Eigen::Index width() const { return static_cast<Eigen::Index>(coefficients.size()); }
};

/// One random-effect term over the design's rows.
struct TermDesign : TermNames {
  RowMatrix z;                          ///< n x q; empty for deep terms
  std::vector<std::int32_t> index;      ///< group of each row; known levels first, then new ones
  std::vector<std::string> new_levels;  ///< labels not seen in training, from index levels.size() on
};

/// What one right side of the formula gives the linear predictors that have it.
struct SideDesign {
  std::vector<std::string> fixed_names;  ///< of the columns of `fixed`, then of `sparse`
  RowMatrix fixed;                       ///< n x p in the user's units
  SparseRows sparse;                     ///< further columns, of sparse matrices
  Eigen::VectorXd offset;                ///< n
  bool deep = false;                     ///< whether it reads the network
  std::vector<TermDesign> groups;

  Eigen::Index columns() const { return fixed.cols() + sparse.cols(); }
};

/// Matrices over the rows without missing values.
struct Design {
  std::size_t table_rows = 0;
  std::vector<std::size_t> rows;       ///< the table's row of each design row
  std::vector<TablePart> table_parts;  ///< the table's files, for messages
  std::vector<SideDesign> sides;       ///< of the formula's right sides
  std::vector<std::string> deep_names;
  RowMatrix deep;                 ///< n x d0, standardised
  std::vector<InputRamps> ramps;  ///< of the columns of `deep`; empty where none has any
  SparseRows sparse_deep;    ///< further inputs: sparse matrices, in units of their own, and factors of many levels
  Eigen::VectorXd response;  ///< empty where not asked for
  Eigen::VectorXd trials;    ///< ones where the formula has none
  Eigen::VectorXd weights;   ///< ones where the formula has none, zero where there are no trials
  std::vector<std::int32_t> sigma_index;
  /// Columns of the table that these matrices do not tell (`untold_columns`), where they were asked for; text as codes
  /// into the levels that the frame has of it.
  std::vector<Column> untold;
  std::vector<std::string> notes;  ///< what the user should know: rows dropped, collinear columns

  /// The table's row of design row `i` as messages name it: "row 3", or "row 3 of 'b.csv'" for several files.
  std::string row_name(std::size_t i) const { return row_name_in(table_parts, rows[i]); }

  Eigen::Index size() const { return static_cast<Eigen::Index>(rows.size()); }
};

struct DesignOptions {
  bool with_response = true;
  bool missing_is_error = false;  ///< --na error
  bool with_groups = true;        ///< false leaves random effects out, and the columns that they alone need
  bool with_weights = true;       ///< false gives every row the weight one and needs no column of weights
  std::size_t imputed = 0;        ///< rows that another design has, and that are not dropped
  /// The rows to take, which miss nothing; else all that miss nothing.
  std::optional<std::vector<char>> rows = std::nullopt;
};

/// Reads levels and scalings off the training table, for the formula of the response and further ones of single
/// predictors; the columns `factors` are factors though they hold numbers, and so
/// is the response with `levels`. Throws ModelError or DataError for unusable columns.
Frame make_frame(const std::vector<std::string>& formulas, const std::string& sigma, const Table& table,
                 const std::vector<std::string>& factors = {}, bool levels = false);

/// The design of `table` under `frame`. A factor level not in the frame is a DataError that names the row.
Design make_design(const Frame& frame, const Table& table, const DesignOptions& options);

/// The frame with the levels of its groupings as these rows of another table have them; all else stays.
Frame with_groups_of(const Table& table, const std::vector<std::size_t>& rows, Frame frame);

/// Adds a note where the response holds whole numbers from 0 up, as counts do, for a family not chosen by the user.
void note_count_response(const Frame& frame, Design& design);

}  // namespace bdglm
