// Matrices in a formula: which of their columns have a say, and their numbers row by row.
#pragma once

#include <string>
#include <vector>

#include "data/table.hpp"
#include "design/design.hpp"

namespace bdglm {

/// The varying columns of a block, to be read row by row.
class BlockAtom {
 public:
  BlockAtom(const std::string& name, const FrameBlock& block, const Table& table);

  std::size_t width() const { return names_.size(); }
  bool sparse() const { return sparse_; }
  const std::vector<std::string>& names() const { return names_; }
  /// Of varying column k; throws DataError with the row where it is not finite or huge.
  double value(std::size_t k, std::size_t row) const;
  /// Those of the table's rows that are not zero. Throws as `value` does.
  SparseRows rows_of(const std::vector<std::size_t>& rows) const;

 private:
  const Table& table_;
  std::string name_;
  bool sparse_ = false;
  std::vector<std::string> names_;
  const SparseRows* held_ = nullptr;    ///< where the table holds the block by rows
  std::vector<std::size_t> varying_;    ///< columns of the block
  std::vector<const double*> columns_;  ///< else; none where the table lacks a column of zeros
};

/// Whether the atom is the name of a block that the frame has.
const FrameBlock* block_of(const Expression& atom, const Frame& frame);

/// How many columns an input of the network has: one of a number, one a level of a factor.
std::size_t input_width(const Expression& input, const Frame& frame);
/// Whether designs hold the numbers of an input's columns that are not zero.
bool is_sparse_input(const Expression& input, const Frame& frame);
/// The network's inputs, sparse ones last.
std::vector<Expression> sorted_inputs(const DeepTerm& term, const Frame& frame);

/// Fills `frame.blocks` with those of the table that terms, network inputs and slopes read, and tells how many columns
/// do not vary in `rows`. Throws DataError where none does, and ModelError where a formula names one of a block's
/// columns beside the block.
void find_blocks(Frame& frame, const Formula& formula, const Table& table, const std::vector<std::size_t>& rows);

/// Throws DataError where a block that is among `names` is not in the table, or has other columns than in training; a
/// note tells of a sparse one that has more.
void check_blocks(const Frame& frame, const std::vector<std::string>& names, const Table& table,
                  std::vector<std::string>& notes);

/// The columns of a table that a name stands for: one, or those that it has of a block, of which those that vary in the
/// frame, if one is given; none of a block held by rows, which misses nothing. Throws as `Table::column` does.
std::vector<const Column*> columns_named(const Table& table, const std::string& name, const Frame* frame = nullptr);

}  // namespace bdglm
