// How an atom of a formula codes a column as a factor: f, factor(x, levels = c(...)), relevel(x, "ref").
#pragma once

#include <string>
#include <vector>

#include "design/expression.hpp"

namespace bdglm {

/// What a plain name, factor() or relevel() asks of the column's levels.
struct FactorCoding {
  std::string column;
  std::string prefix;               ///< what stands before the level in a coefficient's name
  std::vector<std::string> levels;  ///< the order asked for, the first the reference; empty: that of the data
  std::string reference;            ///< of relevel()
  bool releveled = false;
  std::size_t reference_position = 0;  ///< in the formula, for messages

  /// True for the coding that a column has by itself.
  bool plain() const { return levels.empty() && !releveled; }
  /// The levels in order, from those of the data. Throws ModelError, with a caret in the formula `source`, for a
  /// reference that is none of them.
  std::vector<std::string> order(const std::vector<std::string>& of_data, const std::string& source) const;
};

bool is_factor_call(const Expression& atom);

/// Reads a name, factor() or relevel(); throws ModelError with a caret in `source` for wrong arguments.
FactorCoding factor_coding(const Expression& atom, const std::string& source);

}  // namespace bdglm
