// Blocks of a frame: found in the training table, looked for in others.
#include "design/blocks.hpp"

#include <algorithm>
#include <numeric>
#include <set>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "design/columns.hpp"

namespace bdglm {
namespace {

bool varies(const Column& column, const std::vector<std::size_t>& rows) {
  const double first = column.numbers[rows.front()];
  return std::any_of(rows.begin(), rows.end(), [&](std::size_t row) { return column.numbers[row] != first; });
}

/// Columns of which all numbers at `rows` are one, zeros among them.
std::vector<std::size_t> constant_columns(const SparseRows& held, const std::vector<std::size_t>& rows) {
  std::vector<std::size_t> count(held.columns, 0);
  std::vector<double> first(held.columns, 0);
  std::vector<char> varies(held.columns, 0);
  for (const std::size_t row : rows)
    held.for_each(row, [&](std::int32_t column, double value) {
      const auto k = static_cast<std::size_t>(column);
      if (value == 0) return;
      if (count[k] == 0) first[k] = value;
      if (value != first[k]) varies[k] = 1;
      ++count[k];
    });
  std::vector<std::size_t> constant;
  for (std::size_t k = 0; k < held.columns; ++k)
    if (varies[k] == 0 && (count[k] == 0 || count[k] == rows.size())) constant.push_back(k);
  return constant;
}

FrameBlock block_in(const Block& block, const Table& table, const std::vector<std::size_t>& rows) {
  FrameBlock found;
  found.columns = block.columns;
  if (block.rows) {
    found.sparse = true;
    found.constant = constant_columns(*block.rows, rows);
    return found;
  }
  for (std::size_t k = 0; k < block.columns; ++k)
    if (const Column* column = table.block_column(block.name, k); column == nullptr || !varies(*column, rows))
      found.constant.push_back(k);
  return found;
}

std::string column_count(std::size_t columns) {
  return std::to_string(columns) + (columns == 1 ? " column" : " columns");
}

/// Throws where a single column of a block stands beside the block, as a term or as the response.
void refuse_read_twice(std::set<std::string> atoms, const Frame& frame, const Formula& formula, const Table& table) {
  std::vector<std::string> response;
  collect_names(formula.response, response);
  if (formula.trials) collect_names(*formula.trials, response);
  atoms.insert(response.begin(), response.end());
  for (const std::string& atom : atoms) {
    if (frame.blocks.count(atom) > 0 || !table.has(atom)) continue;
    const std::string& block = table.column(atom).block;
    if (frame.blocks.count(block) > 0)
      throw ModelError("'" + atom + "' is a column of the matrix '" + block +
                       "', which the formula reads whole; leave one of them out");
  }
}

}  // namespace

std::vector<std::size_t> FrameBlock::varying() const {
  std::vector<std::size_t> kept;
  std::size_t next = 0;
  for (std::size_t k = 0; k < columns; ++k)
    if (next < constant.size() && constant[next] == k)
      ++next;
    else
      kept.push_back(k);
  return kept;
}

std::vector<std::string> Frame::with_block_columns(const std::vector<std::string>& names) const {
  std::vector<std::string> all;
  for (const std::string& name : names) {
    const auto block = blocks.find(name);
    if (block == blocks.end())
      all.push_back(name);
    else
      for (const std::size_t k : block->second.varying()) all.push_back(block_column_name(name, k));
  }
  return all;
}

BlockAtom::BlockAtom(const std::string& name, const FrameBlock& block, const Table& table)
    : table_(table), name_(name), sparse_(block.sparse), varying_(block.varying()) {
  const Block* own = table.block(name);
  if (own != nullptr) held_ = own->rows.get();
  for (const std::size_t k : varying_) {
    names_.push_back(block_column_name(name, k));
    if (held_ != nullptr) continue;
    const Column* column = table.block_column(name, k);
    columns_.push_back(column == nullptr ? nullptr : column->numbers.data());
  }
}

double BlockAtom::value(std::size_t k, std::size_t row) const {
  const double x = held_ != nullptr ? held_->at(row, varying_[k]) : columns_[k] == nullptr ? 0 : columns_[k][row];
  if (!is_usable(x)) refuse_number(names_[k], x, table_, row, name_);
  return x;
}

SparseRows BlockAtom::rows_of(const std::vector<std::size_t>& rows) const {
  SparseRows out;
  out.columns = names_.size();
  const auto add = [&](std::size_t k, double x, std::size_t row) {
    if (!is_usable(x)) refuse_number(names_[k], x, table_, row, name_);
    if (x == 0) return;
    out.indices.push_back(static_cast<std::int32_t>(k));
    out.values.push_back(x);
  };
  std::vector<std::int32_t> place;  // of the block's columns among those that vary
  if (held_ != nullptr) {
    place.assign(held_->columns, -1);
    for (std::size_t k = 0; k < varying_.size() && varying_[k] < place.size(); ++k)
      place[varying_[k]] = static_cast<std::int32_t>(k);
  }
  for (const std::size_t row : rows) {
    if (held_ != nullptr)
      held_->for_each(row, [&](std::int32_t column, double x) {
        const std::int32_t k = place[static_cast<std::size_t>(column)];
        if (k >= 0) add(static_cast<std::size_t>(k), x, row);
      });
    else
      for (std::size_t k = 0; k < columns_.size(); ++k)
        if (columns_[k] != nullptr) add(k, columns_[k][row], row);
    out.starts.push_back(out.indices.size());
  }
  return out;
}

const FrameBlock* block_of(const Expression& atom, const Frame& frame) {
  const auto found = atom.kind == Expression::Kind::name ? frame.blocks.find(atom.text) : frame.blocks.end();
  return found == frame.blocks.end() ? nullptr : &found->second;
}

std::size_t input_width(const Expression& input, const Frame& frame) {
  const auto levels = frame.levels.find(deparse(input));
  if (levels != frame.levels.end()) return levels->second.size();
  const FrameBlock* block = block_of(input, frame);
  return block == nullptr ? 1 : block->columns - block->constant.size();
}

bool is_sparse_input(const Expression& input, const Frame& frame) {
  const FrameBlock* block = block_of(input, frame);
  if (block != nullptr) return block->sparse;
  const std::vector<std::string>& factors = frame.sparse_factors;
  return std::find(factors.begin(), factors.end(), deparse(input)) != factors.end();
}

std::vector<Expression> sorted_inputs(const DeepTerm& term, const Frame& frame) {
  std::vector<Expression> inputs = term.inputs;
  std::stable_partition(inputs.begin(), inputs.end(),
                        [&](const Expression& input) { return !is_sparse_input(input, frame); });
  return inputs;
}

void find_blocks(Frame& frame, const Formula& formula, const Table& table, const std::vector<std::size_t>& rows) {
  std::set<std::string> atoms;
  for_each_atom(formula, [&](const Expression& atom, const std::string&) {
    if (atom.kind == Expression::Kind::name) atoms.insert(atom.text);
  });
  for (const std::string& name : atoms) {
    const Block* block = table.block(name);
    if (block == nullptr) continue;
    const FrameBlock found = block_in(*block, table, rows);
    if (found.constant.size() == found.columns)
      throw DataError("all " + column_count(found.columns) + " of the matrix '" + name +
                      "' are constant in the rows used; it carries nothing, take it out of the formula");
    if (!found.constant.empty())
      frame.notes.push_back(std::to_string(found.constant.size()) + " of " + column_count(found.columns) + " of '" +
                            name + "' " + (found.constant.size() == 1 ? "is" : "are") +
                            " constant in the rows used and " + (found.constant.size() == 1 ? "has" : "have") +
                            " no say");
    frame.blocks.emplace(name, found);
  }
  refuse_read_twice(atoms, frame, formula, table);
}

void check_blocks(const Frame& frame, const std::vector<std::string>& names, const Table& table,
                  std::vector<std::string>& notes) {
  for (const auto& [name, trained] : frame.blocks) {
    if (std::find(names.begin(), names.end(), name) == names.end()) continue;
    const Block* block = table.block(name);
    const std::string wanted = "the fit reads the matrix '" + name + "' of " + column_count(trained.columns);
    if (block == nullptr && !table.has(name))
      throw DataError(wanted + ", which is not there; give it as `matrix` " + name + "=FILE");
    const std::size_t columns = block == nullptr ? 1 : block->columns;
    if (columns == trained.columns) continue;
    if (block == nullptr || !block->sparse)
      throw DataError(wanted + ", and the one that is there has " + column_count(columns) +
                      "; give a matrix of the same columns in the same order");
    if (columns > trained.columns)
      notes.push_back("'" + name + "' has indices up to " + std::to_string(columns) + "; those above " +
                      std::to_string(trained.columns) + ", which the fit has not seen, have no say");
  }
}

std::vector<const Column*> columns_named(const Table& table, const std::string& name, const Frame* frame) {
  const Block* block = table.block(name);
  if (block == nullptr) return {&table.column(name)};
  if (block->rows) return {};
  std::vector<std::size_t> wanted(block->columns);
  std::iota(wanted.begin(), wanted.end(), std::size_t{0});
  if (frame != nullptr && frame->blocks.count(name) > 0) wanted = frame->blocks.at(name).varying();
  std::vector<const Column*> columns;
  for (const std::size_t k : wanted)
    if (const Column* column = table.block_column(name, k)) columns.push_back(column);
  return columns;
}

}  // namespace bdglm
