// Columns as the model takes them: numbers as levels, the order of levels, levels that no row has.
#include "posterior/effect_columns.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <unordered_map>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "design/coding.hpp"
#include "posterior/effect_rows.hpp"

namespace bdglm {
namespace {

Column as_levels(const Column& column) {
  Column out;
  out.name = column.name;
  out.numeric = false;
  out.ordered = true;
  const std::vector<ColumnValue> values = values_of(column);
  for (const ColumnValue& value : values) out.labels.push_back(number_text(std::get<double>(value)));
  const std::vector<int> codes = places(column, values);
  out.codes.assign(codes.begin(), codes.end());
  return out;
}

/// Columns whose numbers are names of levels to the model and nothing else.
std::vector<std::string> level_columns(const Frame& frame) {
  std::vector<std::string> names = frame.factors;
  Formula formula = frame.formula();
  std::vector<std::string> levels;
  std::vector<std::string> numbers;
  for_each_atom(formula, [&](const Expression& atom, const std::string& text) {
    if (is_factor_call(atom))
      levels.push_back(factor_coding(atom, text).column);
    else if (frame.levels.count(deparse(atom)) == 0)
      collect_names(atom, numbers);
  });
  for (RightSide& side : formula.sides) {
    for (const Expression& offset : side.offsets) collect_names(offset, numbers);
    for (Term& group : side.groups) levels.insert(levels.end(), group.factors.begin(), group.factors.end());
  }
  std::copy_if(levels.begin(), levels.end(), std::back_inserter(names), [&](const std::string& name) {
    return std::find(numbers.begin(), numbers.end(), name) == numbers.end();
  });
  return names;
}

/// The labels that training has seen of text columns: levels of factors, groupings and residual scales.
std::map<std::string, std::vector<std::string>> seen_levels(const Frame& frame) {
  std::map<std::string, std::vector<std::string>> seen = factor_levels(frame);
  const auto add = [&](const std::string& column, const std::vector<std::string>& levels) {
    std::vector<std::string>& all = seen[column];
    all.insert(all.end(), levels.begin(), levels.end());
  };
  Formula formula = frame.formula();
  for (RightSide& side : formula.sides)
    for (Term& group : side.groups) {
      const GroupLevels& levels = frame.groupings.at(group.group_name());
      for (std::size_t f = 0; f < group.factors.size(); ++f) add(group.factors[f], levels.labels[f]);
    }
  if (!frame.sigma_text.empty()) add(frame.sigma_text, frame.sigma_levels);
  return seen;
}

/// The column with these labels first, those that it has besides after them.
Column with_labels(const Column& column, const std::vector<std::string>& labels) {
  Column out = column;
  out.labels.clear();
  std::unordered_map<std::string, std::int32_t> code;
  const auto add = [&](const std::string& label) {
    const auto [at, fresh] = code.emplace(label, static_cast<std::int32_t>(out.labels.size()));
    if (fresh) out.labels.push_back(label);
    return at->second;
  };
  for (const std::string& label : labels) add(label);
  std::vector<std::int32_t> moved(column.labels.size());
  for (const std::int32_t k : ordered_codes(column))
    moved[static_cast<std::size_t>(k)] = add(column.labels[static_cast<std::size_t>(k)]);
  for (std::int32_t& k : out.codes)
    if (k >= 0) k = moved[static_cast<std::size_t>(k)];
  return out;
}

/// What a level is not, and what it may be: all of few levels, the nearest of many.
std::string no_level(const std::string& level, const std::string& column, const std::vector<std::string>& levels) {
  constexpr std::size_t kFew = 10;
  const std::vector<std::string> near =
      levels.size() > kFew ? nearest_names(level, levels) : std::vector<std::string>();
  return setting("values") + ": '" + printable(level) + "' is no level of '" + column + "', " +
         (near.empty() ? "which has " + listed(levels)
                       : "of whose " + std::to_string(levels.size()) + " levels " +
                             (near.size() > 1 ? "these are nearest: " : "the nearest is ") + listed(near));
}

}  // namespace

std::vector<std::int32_t> ordered_codes(const Column& column) {
  std::vector<std::int32_t> codes;
  for (std::size_t k = 0; k < column.labels.size(); ++k) codes.push_back(static_cast<std::int32_t>(k));
  if (column.ordered) return codes;
  std::sort(codes.begin(), codes.end(), [&](std::int32_t a, std::int32_t b) {
    return column.labels[static_cast<std::size_t>(a)] < column.labels[static_cast<std::size_t>(b)];
  });
  return codes;
}

std::map<std::string, std::vector<std::string>> factor_levels(const Frame& frame) {
  std::map<std::string, std::vector<std::string>> orders;
  for_each_atom(frame.formula(), [&](const Expression& atom, const std::string& text) {
    const auto found = frame.levels.find(deparse(atom));
    if (found != frame.levels.end()) orders.emplace(factor_coding(atom, text).column, found->second);
  });
  return orders;
}

Table as_model_takes(const Table& table, const Frame& frame) {
  const std::vector<std::string> names = level_columns(frame);
  const std::map<std::string, std::vector<std::string>> factors = factor_levels(frame);
  const std::map<std::string, std::vector<std::string>> seen = seen_levels(frame);
  Table out;
  out.source = table.source;
  out.parts = table.parts;
  for (const Column& column : table.columns()) {
    const bool wanted = column.numeric && std::find(names.begin(), names.end(), column.name) != names.end();
    Column taken = wanted ? as_levels(column) : column;
    const auto found = seen.find(column.name);
    if (found != seen.end() && !taken.numeric) {
      const bool factor = factors.count(column.name) > 0;
      std::vector<std::string> labels = factor ? std::vector<std::string>() : taken.labels;
      labels.insert(labels.end(), found->second.begin(), found->second.end());
      taken = with_labels(taken, labels);
      taken.ordered = taken.ordered || factor;
    }
    out.add(std::move(taken));
  }
  out.share_blocks(table);
  return out;
}

ColumnValue value_for(const Column& column, const ColumnValue& value, const Frame& frame) {
  const auto* const text = std::get_if<std::string>(&value);
  if (!column.numeric) {
    const std::string level = text != nullptr ? *text : number_text(std::get<double>(value));
    if (std::find(column.labels.begin(), column.labels.end(), level) != column.labels.end()) return level;
    std::vector<std::string> levels;
    for (const std::int32_t code : ordered_codes(column))
      levels.push_back(column.labels[static_cast<std::size_t>(code)]);
    throw ModelError(no_level(level, column.name, levels));
  }
  double number = text == nullptr ? std::get<double>(value) : 0;
  if (text != nullptr) {
    const auto read = std::from_chars(text->data(), text->data() + text->size(), number);
    if (read.ec != std::errc() || read.ptr != text->data() + text->size())
      throw ModelError(setting("values") + ": '" + printable(*text) + "' is no number, which '" + column.name +
                       "' holds");
  }
  if (!std::isfinite(number))
    throw ModelError(setting("values") + " of '" + column.name + "' are finite numbers, not " + number_text(number));
  const std::map<std::string, std::vector<std::string>> factors = factor_levels(frame);
  const auto factor = factors.find(column.name);
  const std::string level = number_text(number);
  if (factor != factors.end() && std::find(factor->second.begin(), factor->second.end(), level) == factor->second.end())
    throw ModelError(no_level(level, column.name, factor->second) + "; the formula takes it for a factor too");
  return number;
}

}  // namespace bdglm
