// Levels of columns and of tuples of columns as small whole numbers: no text is made or compared row by row.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/table.hpp"
#include "design/design.hpp"

namespace bdglm {

/// A column over chosen rows: a code per row into labels.
struct CodedColumn {
  std::vector<std::int32_t> codes;
  std::vector<std::string> labels;
};

/// Codes the column at `rows` (none missing) in the order of first appearance; numbers by value.
CodedColumn code_column(const Column& column, const std::vector<std::size_t>& rows);

/// Throws DataError where a column of numbers that is to have levels would merge cells whose texts differ.
void refuse_merged_levels(const Column& column);

/// The same with the labels of a text column sorted, or in the column's own order: the levels of a factor.
CodedColumn code_factor(const Column& column, const std::vector<std::size_t>& rows);

/// For each label its place in `known`, or -1. A column of numbers and one of text meet by value where exactly one
/// known label reads as the number.
std::vector<std::int32_t> match_labels(const CodedColumn& column, bool numeric, const std::vector<std::string>& known);

/// Numbers tuples of codes in the order in which they are added.
class TupleIndex {
 public:
  explicit TupleIndex(std::size_t width) : stages_(width > 1 ? width - 1 : 1), width_(width) {}
  std::int32_t add(const std::int32_t* tuple);
  std::int32_t find(const std::int32_t* tuple) const;
  std::size_t size() const { return stages_.back().size(); }

 private:
  static std::uint64_t pair_key(std::int32_t a, std::int32_t b) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(a)) << 32U | static_cast<std::uint32_t>(b);
  }
  // Stage s maps (number of the first s + 1 codes, next code) to the number of the first s + 2.
  std::vector<std::unordered_map<std::uint64_t, std::int32_t>> stages_;
  std::size_t width_;
};

/// The levels of a nesting of `factors` present at `rows`: sorted by label if any column is text, else first seen.
GroupLevels find_group_levels(const Table& table, const std::vector<std::string>& factors,
                              const std::vector<std::size_t>& rows);

/// The level of each row: known levels by their number, unseen combinations after them in order of appearance,
/// their labels appended to `new_levels`.
std::vector<std::int32_t> index_groups(const GroupLevels& known, const Table& table,
                                       const std::vector<std::string>& factors, const std::vector<std::size_t>& rows,
                                       std::vector<std::string>& new_levels);

/// A column of labels in the order of `levels`.
Column text_column(std::string name, std::vector<std::string> levels, std::vector<std::int32_t> codes);
Column number_column(std::string name, const Eigen::VectorXd& values);

}  // namespace bdglm
