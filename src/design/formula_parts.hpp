// Parts of a formula that are read by themselves: arithmetic, atoms, options of deep(), groupings.
#pragma once

#include <string>
#include <vector>

#include "design/formula.hpp"

namespace bdglm {

// All throw ModelError with a caret under the place in `text`, the whole formula.

/// Refuses what is not made of numbers, names, + - * / ^ and known functions.
void check_arithmetic(const Expression& e, const std::string& text);

/// Refuses what is no atom of a term: a column, factor(column) or an arithmetic call.
void check_atom(const Expression& e, const std::string& text);

/// Whether the value of an option of deep() leaves it to the program.
bool is_auto(const Expression& value);

/// Reads `layers = c(...)` and `activation = ...` of a call of deep() into the term.
void set_deep_options(const Expression& call, const std::string& text, DeepTerm& term);

/// The columns of each grouping that `e` stands for: {a}, {a, b} of a/b, {a b} of a:b.
std::vector<std::vector<std::string>> read_grouping(const Expression& e, const std::string& text);

/// What '||' stands for: a term of its own for the intercept and for each slope.
std::vector<Term> uncorrelated(const Term& term);

/// Whether two deep() terms spell out the same network, whose activation one of them may leave open.
bool same_network(const DeepTerm& a, const DeepTerm& b);

}  // namespace bdglm
