// Names in messages: which is near, and lists of them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace bdglm {

/// Letters to change, add or take away between two words, capitals or not (Levenshtein 1966).
std::size_t edit_distance(const std::string& a, const std::string& b);

/// The names of `candidates` that may have been meant by `name`: within two letters or a third of it, at most three,
/// nearest first.
std::vector<std::string> nearest_names(const std::string& name, const std::vector<std::string>& candidates);

/// A name that netCDF allows: '/' becomes '|'; of names with control characters or of more than 200 bytes a part, with
/// a number that tells it from others.
std::string variable_name(std::string name);

/// Text for one line: control characters as escapes.
std::string printable(const std::string& text);

/// Well-formed UTF-8 (Unicode 15, table 3-7).
bool is_utf8(const std::string& text);

/// How messages name a setting of a run or a model: in backquotes, which a program shows as its option.
inline std::string setting(const std::string& name) { return "`" + name + "`"; }

/// The first ten, quoted, and how many more: "'a', 'b' and 3 more".
std::string listed(const std::vector<std::string>& names);

}  // namespace bdglm
