// Coding of columns and of nestings, and the labels that levels are shown by.
#include "design/levels.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <numeric>
#include <unordered_set>

#include "bdglm/error.hpp"

namespace bdglm {
namespace {

bool read_number(const std::string& text, double& value) {
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

/// "a:b"; with `quoted`, parts that hold ':' or '"' stand in quotes, so that no two tuples give the same text.
template <class PartOf>
std::string joined_label(std::size_t width, const PartOf& part_of, bool quoted) {
  std::string label;
  for (std::size_t f = 0; f < width; ++f) {
    const std::string& part = part_of(f);
    if (f > 0) label += ':';
    if (!quoted || part.find_first_of(":\"") == std::string::npos) {
      label += part;
      continue;
    }
    label += '"';
    for (const char c : part) label += c == '"' ? std::string("\"\"") : std::string(1, c);
    label += '"';
  }
  return label;
}

/// The codes of each factor at `rows`, one after the other in a row: tuples of `columns.size()`.
std::vector<std::int32_t> interleave(const std::vector<CodedColumn>& columns, std::size_t rows) {
  const std::size_t width = columns.size();
  std::vector<std::int32_t> tuples(rows * width);
  for (std::size_t f = 0; f < width; ++f)
    for (std::size_t i = 0; i < rows; ++i) tuples[i * width + f] = columns[f].codes[i];
  return tuples;
}

}  // namespace

CodedColumn code_column(const Column& column, const std::vector<std::size_t>& rows) {
  CodedColumn coded;
  coded.codes.reserve(rows.size());
  if (!column.numeric) {
    std::vector<std::int32_t> place(column.labels.size(), -1);
    for (const std::size_t row : rows) {
      const auto label = static_cast<std::size_t>(column.codes[row]);
      if (place[label] < 0) {
        place[label] = static_cast<std::int32_t>(coded.labels.size());
        coded.labels.push_back(column.labels[label]);
      }
      coded.codes.push_back(place[label]);
    }
    return coded;
  }
  std::unordered_map<std::uint64_t, std::int32_t> place;
  for (const std::size_t row : rows) {
    const double value = column.numbers[row] + 0.0;  // -0 and 0 are one level
    const auto next = static_cast<std::int32_t>(coded.labels.size());
    const auto [entry, inserted] = place.emplace(std::bit_cast<std::uint64_t>(value), next);
    if (inserted) coded.labels.push_back(number_text(value));
    coded.codes.push_back(entry->second);
  }
  return coded;
}

void refuse_merged_levels(const Column& column) {
  if (!column.numeric || column.same_number[0].empty()) return;
  const bool digits = column.same_number[0] == column.same_number[1];
  throw DataError("the levels of column '" + column.name + "' cannot be told apart as numbers: " +
                  (digits ? "'" + column.same_number[0] + "' has more digits than a number holds"
                          : "'" + column.same_number[0] + "' and '" + column.same_number[1] + "' are one number") +
                  "; write identifiers alike, or with a letter before them");
}

CodedColumn code_factor(const Column& column, const std::vector<std::size_t>& rows) {
  refuse_merged_levels(column);
  CodedColumn coded = code_column(column, rows);
  if (column.numeric) return coded;
  std::vector<std::size_t> order(coded.labels.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (column.ordered) {
    std::unordered_map<std::string, std::size_t> at;
    for (std::size_t k = 0; k < column.labels.size(); ++k) at.emplace(column.labels[k], k);
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return at[coded.labels[a]] < at[coded.labels[b]]; });
  } else {
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return coded.labels[a] < coded.labels[b]; });
  }
  std::vector<std::int32_t> place(order.size());
  std::vector<std::string> labels;
  for (const std::size_t old : order) {
    place[old] = static_cast<std::int32_t>(labels.size());
    labels.push_back(std::move(coded.labels[old]));
  }
  for (std::int32_t& code : coded.codes) code = place[static_cast<std::size_t>(code)];
  coded.labels = std::move(labels);
  return coded;
}

std::vector<std::int32_t> match_labels(const CodedColumn& column, bool numeric, const std::vector<std::string>& known) {
  std::vector<std::int32_t> match(column.labels.size(), -1);
  std::unordered_map<std::string, std::size_t> place;
  for (std::size_t k = 0; k < column.labels.size(); ++k) place.emplace(column.labels[k], k);
  for (std::size_t k = 0; k < known.size(); ++k)
    if (const auto found = place.find(known[k]); found != place.end())
      match[found->second] = static_cast<std::int32_t>(k);

  // Numbers written otherwise ("01" for 1) count as the same level only between a column of numbers and one of text.
  std::unordered_map<double, std::int32_t> by_value;
  for (std::size_t k = 0; k < match.size(); ++k) {
    double value = 0;
    if (match[k] < 0 && read_number(column.labels[k], value)) by_value.emplace(value + 0.0, -1);
  }
  if (by_value.empty()) return match;
  const bool known_numeric = std::all_of(known.begin(), known.end(), [](const std::string& label) {
    double value = 0;
    return read_number(label, value) && number_text(value) == label;
  });
  if (known_numeric == numeric) return match;
  for (std::size_t k = 0; k < known.size(); ++k) {
    double value = 0;
    if (!read_number(known[k], value)) continue;
    const auto found = by_value.find(value + 0.0);
    if (found != by_value.end()) found->second = found->second == -1 ? static_cast<std::int32_t>(k) : -2;
  }
  for (std::size_t k = 0; k < match.size(); ++k) {
    double value = 0;
    if (match[k] < 0 && read_number(column.labels[k], value)) match[k] = std::max(by_value.at(value + 0.0), -1);
  }
  return match;
}

std::int32_t TupleIndex::add(const std::int32_t* tuple) {
  std::int32_t number = width_ > 1 ? tuple[0] : 0;
  for (std::size_t s = 0; s < stages_.size(); ++s) {
    const auto next = static_cast<std::int32_t>(stages_[s].size());
    number = stages_[s].emplace(pair_key(number, tuple[width_ > 1 ? s + 1 : 0]), next).first->second;
  }
  return number;
}

std::int32_t TupleIndex::find(const std::int32_t* tuple) const {
  std::int32_t number = width_ > 1 ? tuple[0] : 0;
  for (std::size_t s = 0; s < stages_.size(); ++s) {
    const auto found = stages_[s].find(pair_key(number, tuple[width_ > 1 ? s + 1 : 0]));
    if (found == stages_[s].end()) return -1;
    number = found->second;
  }
  return number;
}

std::vector<std::string> GroupLevels::shown() const {
  if (codes.empty()) return labels[0];
  const std::size_t width = labels.size();
  const auto label = [&](std::size_t level, bool quoted) {
    return joined_label(
        width,
        [&](std::size_t f) -> const std::string& {
          return labels[f][static_cast<std::size_t>(codes[level * width + f])];
        },
        quoted);
  };
  std::vector<std::string> names;
  std::unordered_map<std::string, std::size_t> uses;
  for (std::size_t k = 0; k < size(); ++k) {
    names.push_back(label(k, false));
    ++uses[names.back()];
  }
  if (uses.size() == names.size()) return names;
  for (std::size_t k = 0; k < names.size(); ++k)
    if (uses[names[k]] > 1) names[k] = label(k, true);
  const std::unordered_set<std::string> distinct(names.begin(), names.end());
  if (distinct.size() < names.size())
    for (std::size_t k = 0; k < names.size(); ++k) names[k] = label(k, true);
  return names;
}

GroupLevels find_group_levels(const Table& table, const std::vector<std::string>& factors,
                              const std::vector<std::size_t>& rows) {
  GroupLevels levels;
  if (factors.size() == 1) {
    levels.labels = {code_factor(table.column(factors[0]), rows).labels};
    return levels;
  }
  const std::size_t width = factors.size();
  std::vector<CodedColumn> columns;
  columns.reserve(width);
  for (const std::string& factor : factors) {
    refuse_merged_levels(table.column(factor));
    columns.push_back(code_column(table.column(factor), rows));
  }
  const std::vector<std::int32_t> tuples = interleave(columns, rows.size());
  TupleIndex index(width);
  std::vector<std::int32_t> found;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t before = index.size();
    index.add(&tuples[i * width]);
    if (index.size() > before)
      found.insert(found.end(), tuples.begin() + static_cast<std::ptrdiff_t>(i * width),
                   tuples.begin() + static_cast<std::ptrdiff_t>((i + 1) * width));
  }
  for (CodedColumn& column : columns) levels.labels.push_back(std::move(column.labels));
  levels.codes = found;
  if (std::all_of(factors.begin(), factors.end(), [&](const std::string& f) { return table.column(f).numeric; }))
    return levels;
  const std::vector<std::string> shown = levels.shown();
  std::vector<std::size_t> order(shown.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return shown[a] < shown[b]; });
  levels.codes.clear();
  for (const std::size_t k : order)
    levels.codes.insert(levels.codes.end(), found.begin() + static_cast<std::ptrdiff_t>(k * width),
                        found.begin() + static_cast<std::ptrdiff_t>((k + 1) * width));
  return levels;
}

std::vector<std::int32_t> index_groups(const GroupLevels& known, const Table& table,
                                       const std::vector<std::string>& factors, const std::vector<std::size_t>& rows,
                                       std::vector<std::string>& new_levels) {
  const std::size_t width = factors.size();
  std::vector<CodedColumn> columns;
  std::vector<std::vector<std::string>> labels;  // known labels of each factor, then those not known
  for (std::size_t f = 0; f < width; ++f) {
    const Column& column = table.column(factors[f]);
    refuse_merged_levels(column);
    columns.push_back(code_column(column, rows));
    std::vector<std::int32_t> match = match_labels(columns[f], column.numeric, known.labels[f]);
    auto next = static_cast<std::int32_t>(known.labels[f].size());
    labels.emplace_back();
    for (std::size_t k = 0; k < match.size(); ++k) {
      if (match[k] >= 0) continue;
      match[k] = next++;
      labels[f].push_back(columns[f].labels[k]);
    }
    for (std::int32_t& code : columns[f].codes) code = match[static_cast<std::size_t>(code)];
  }
  const std::vector<std::int32_t> tuples = interleave(columns, rows.size());
  TupleIndex present(width);
  std::vector<std::int32_t> index(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) index[i] = present.add(&tuples[i * width]);

  std::vector<std::int32_t> level(present.size(), -1);
  for (std::size_t k = 0; k < known.size(); ++k) {
    const auto alone = static_cast<std::int32_t>(k);
    const std::int32_t found = present.find(known.codes.empty() ? &alone : &known.codes[k * width]);
    if (found >= 0) level[static_cast<std::size_t>(found)] = alone;
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::int32_t& mine = level[static_cast<std::size_t>(index[i])];
    if (mine < 0) {
      mine = static_cast<std::int32_t>(known.size() + new_levels.size());
      const auto part = [&](std::size_t f) -> const std::string& {
        const auto code = static_cast<std::size_t>(tuples[i * width + f]);
        const std::size_t old = known.labels[f].size();
        return code < old ? known.labels[f][code] : labels[f][code - old];
      };
      new_levels.push_back(width == 1 ? part(0) : joined_label(width, part, true));
    }
    index[i] = mine;
  }
  return index;
}

Column text_column(std::string name, std::vector<std::string> levels, std::vector<std::int32_t> codes) {
  Column column;
  column.name = std::move(name);
  column.numeric = false;
  column.ordered = true;
  column.labels = std::move(levels);
  column.codes = std::move(codes);
  return column;
}

Column number_column(std::string name, const Eigen::VectorXd& values) {
  Column column;
  column.name = std::move(name);
  column.numbers.assign(values.begin(), values.end());
  return column;
}

}  // namespace bdglm
