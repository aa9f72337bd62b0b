// The training design within the fit file: constant_data and observed_data.
#include "run/design_archive.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "design/blocks.hpp"
#include "design/design_table.hpp"
#include "family/response.hpp"
#include "model/fit_spec.hpp"
#include "run/checked_reader.hpp"

namespace bdglm {
namespace {

constexpr const char* kMissingData = "predictions_constant_data";  // ArviZ's name
constexpr const char* kUntoldNumbers = "table_numbers";
constexpr const char* kUntoldLevels = "table_levels";

template <class T>
RowMatrix as_column(const std::vector<T>& values) {
  RowMatrix column(static_cast<Eigen::Index>(values.size()), 1);
  for (std::size_t i = 0; i < values.size(); ++i)
    column(static_cast<Eigen::Index>(i), 0) = static_cast<double>(values[i]);
  return column;
}

/// The name of an array of a right side: "fixed", or "fixed_LEVEL" of a predictor's own one.
std::string of_side(const std::string& name, const RightSide& side) {
  return side.predictor.empty() ? name : variable_name(name + "_" + side.predictor);
}

/// Columns beside the matrices, numbers and levels each as one variable.
template <class Add>
void add_untold(const Design& design, const Add& add) {
  for (const bool numeric : {true, false}) {
    Dimension columns{numeric ? "number_column" : "level_column", {}, {}};
    RowMatrix values(design.size(), static_cast<Eigen::Index>(design.untold.size()));
    for (const Column& column : design.untold) {
      if (column.numeric != numeric) continue;
      const RowMatrix one = numeric ? as_column(column.numbers) : as_column(column.codes);
      values.col(static_cast<Eigen::Index>(columns.labels.size())) = one;
      columns.labels.push_back(column.name);
    }
    if (columns.labels.empty()) continue;
    values.conservativeResize(Eigen::NoChange, static_cast<Eigen::Index>(columns.labels.size()));
    add(numeric ? kUntoldNumbers : kUntoldLevels, values, columns);
  }
}

/// As variables of the group `archived`, but for the response.
std::vector<DataVariable> archive_inputs(const Design& design, const Frame& frame, const std::string& archived) {
  Dimension obs{"obs", {}, {}};
  std::vector<std::size_t> numbers;  // of the table's rows, from 1
  for (const std::size_t row : design.rows) numbers.push_back(row + 1);
  obs.numbers.assign(numbers.begin(), numbers.end());
  std::vector<DataVariable> data;
  const auto add = [&](const std::string& name, const RowMatrix& values, const Dimension& columns = {}) {
    data.push_back({archived, name, {obs}, values});
    if (!columns.name.empty()) data.back().dimensions.push_back(columns);
  };
  add("row", as_column(numbers));
  add("trials", design.trials);
  add("weights", design.weights);
  const std::vector<std::string>& inputs = design.deep_names;
  const auto dense = [](const std::vector<std::string>& names, const RowMatrix& matrix) {
    return std::vector<std::string>(names.begin(), names.begin() + matrix.cols());
  };
  const auto add_sparse = [&](const std::string& name, const SparseRows& rows) {
    if (rows.columns == 0) return;
    std::vector<std::size_t> counts;
    for (std::size_t i = 0; i < rows.rows(); ++i) counts.push_back(rows.starts[i + 1] - rows.starts[i]);
    add(name + kSparseCounts, as_column(counts));
    if (rows.values.empty()) return;
    Dimension held{name + "_number", {}, {}};
    held.numbers.resize(rows.values.size());
    std::iota(held.numbers.begin(), held.numbers.end(), 0);
    data.push_back({archived, name + kSparseColumns, {held}, as_column(rows.indices)});
    data.push_back({archived, name + kSparseValues, {held}, as_column(rows.values)});
  };
  if (design.deep.cols() > 0)
    add("deep", design.deep,
        {design.sparse_deep.columns > 0 ? "dense_input" : "input", dense(inputs, design.deep), {}});
  add_sparse("deep", design.sparse_deep);
  if (!design.sigma_index.empty()) add("sigma_index", as_column(design.sigma_index));
  std::size_t r = 0;
  const Formula formula = frame.formula();
  for (std::size_t k = 0; k < design.sides.size(); ++k) {
    const SideDesign& side = design.sides[k];
    const RightSide& of = formula.sides[k];
    add(of_side("offset", of), side.offset);
    if (side.fixed.cols() > 0)
      add(of_side("fixed", of), side.fixed,
          {of_side(side.sparse.columns > 0 ? "dense_coefficient" : "coefficient", of),
           dense(side.fixed_names, side.fixed),
           {}});
    add_sparse(of_side("fixed", of), side.sparse);
    for (const TermDesign& group : side.groups) {
      const std::string number = std::to_string(r++);
      add("group_index" + number, as_column(group.index));
      if (group.z.cols() > 0)
        add("group_design" + number, group.z, {"group_coefficient" + number, group.coefficients, {}});
    }
  }
  add_untold(design, add);
  return data;
}

double count_of(const std::vector<std::string>& levels) { return static_cast<double>(levels.size()); }

/// Files of earlier versions hold none.
std::vector<Column> restore_untold(const CheckedReader& reader, const Frame& frame) {
  std::vector<Column> untold;
  const std::vector<std::string> numbers = reader.names(kUntoldNumbers);
  const RowMatrix values =
      numbers.empty() ? RowMatrix() : reader.values(kUntoldNumbers, static_cast<Eigen::Index>(numbers.size()));
  for (std::size_t k = 0; k < numbers.size(); ++k) {
    Column& column = untold.emplace_back();
    column.name = numbers[k];
    const auto one = values.col(static_cast<Eigen::Index>(k));
    column.numbers.assign(one.begin(), one.end());
  }
  const std::vector<std::string> factors = reader.names(kUntoldLevels);
  for (std::size_t k = 0; k < factors.size(); ++k) {
    Column& column = untold.emplace_back();
    column.name = factors[k];
    column.numeric = false;
    column.ordered = true;
    column.labels = levels_of_factor(frame, factors[k]);
    column.codes = reader.whole<std::int32_t>(kUntoldLevels, 0, count_of(column.labels), static_cast<Eigen::Index>(k),
                                              static_cast<Eigen::Index>(factors.size()));
  }
  return untold;
}

/// Columns of those that are sparse matrices.
std::size_t sparse_width(const std::vector<Expression>& atoms, const Frame& frame) {
  std::size_t width = 0;
  for (const Expression& atom : atoms)
    if (const FrameBlock* block = block_of(atom, frame); block != nullptr && block->sparse)
      width += block->columns - block->constant.size();
  return width;
}

Design restore_inputs(const DrawSource& file, const Frame& frame, const std::string& archived) {
  CheckedReader reader(file, archived);
  const auto width = [](const std::vector<std::string>& names) { return static_cast<Eigen::Index>(names.size()); };
  Design design;
  design.rows = reader.table_rows();
  design.trials = reader.values("trials").col(0);
  design.weights = reader.values("weights").col(0);
  const auto family = file.spec().get<FitSpec>().family;
  for (Eigen::Index i = 0; i < design.size(); ++i) {
    if (trials_complaint(family, design.trials[i]) != nullptr) reader.refuse_value("trials", design.trials[i], i);
    if (!(design.weights[i] > 0)) reader.refuse_value("weights", design.weights[i], i);
  }
  design.deep_names = frame.deep_names;
  design.ramps = frame.deep_ramps;
  const Formula formula = frame.formula();
  std::size_t sparse_inputs = 0;
  if (formula.deep)
    for (const Expression& input : formula.deep->inputs)
      if (is_sparse_input(input, frame)) sparse_inputs += input_width(input, frame);
  design.deep = frame.deep_names.size() == sparse_inputs
                    ? RowMatrix(formula.deep ? design.size() : 0, 0)
                    : reader.values("deep", width(frame.deep_names) - static_cast<Eigen::Index>(sparse_inputs));
  design.sparse_deep = reader.sparse("deep", sparse_inputs);
  if (!frame.sigma_text.empty())
    design.sigma_index = reader.whole<std::int32_t>("sigma_index", 0, count_of(frame.sigma_levels));
  const auto fixed_names = file.spec().at("fixed_names").get<std::vector<std::vector<std::string>>>();
  std::size_t r = 0;
  for (std::size_t k = 0; k < formula.sides.size(); ++k) {
    SideDesign side;
    side.deep = formula.sides[k].deep;
    side.offset = reader.values(of_side("offset", formula.sides[k])).col(0);
    side.fixed_names = fixed_names.at(k);
    std::vector<Expression> single;
    for (const FormulaTerm& term : formula.sides[k].terms)
      if (term.atoms.size() == 1) single.push_back(term.atoms.front());
    const std::size_t sparse = sparse_width(single, frame);
    if (side.fixed_names.size() > sparse)
      side.fixed = reader.values(of_side("fixed", formula.sides[k]),
                                 width(side.fixed_names) - static_cast<Eigen::Index>(sparse));
    side.sparse = reader.sparse(of_side("fixed", formula.sides[k]), sparse);
    if (side.fixed.cols() == 0) side.fixed.resize(design.size(), 0);
    for (const Term& term : formula.sides[k].groups) {
      const std::string number = std::to_string(r++);
      TermDesign group;
      group.group = term.group_name();
      group.deep = term.deep;
      // Rows whose response is drawn may be of further groups.
      const std::size_t further = archived == kMissingData ? design.rows.size() : 0;
      const auto groups = static_cast<double>(frame.groupings.at(group.group).size() + further);
      group.index = reader.whole<std::int32_t>("group_index" + number, 0, groups);
      if (group.deep) {
        for (int unit = 1; unit <= formula.deep->layers.back(); ++unit)
          group.coefficients.push_back("unit" + std::to_string(unit));
      } else {
        group.coefficients = reader.names("group_design" + number);
        group.z = reader.values("group_design" + number, width(group.coefficients));
      }
      side.groups.push_back(std::move(group));
    }
    design.sides.push_back(std::move(side));
  }
  design.untold = restore_untold(reader, frame);
  return design;
}

}  // namespace

std::vector<DataVariable> archive_design(const Design& design, const Design& missing, const Frame& frame) {
  std::vector<DataVariable> data = archive_inputs(design, frame, "constant_data");
  data.push_back({"observed_data", "y", data.front().dimensions, design.response, frame.response_levels});
  if (missing.rows.empty()) return data;
  for (DataVariable& variable : archive_inputs(missing, frame, kMissingData)) data.push_back(std::move(variable));
  return data;
}

Design restore_design(const DrawSource& file, const Frame& frame) {
  Design design = restore_inputs(file, frame, "constant_data");
  const CheckedReader reader(file, "observed_data", design.size());
  design.response = reader.values("y").col(0);
  const Family family = file.spec().get<FitSpec>().family;
  for (Eigen::Index i = 0; i < design.size(); ++i) {
    const double y = design.response[i];
    const std::size_t levels = frame.response_levels.size();
    const bool level = levels == 0 || (y >= 0 && y < static_cast<double>(levels) && y == std::floor(y));
    if (!level || complaint(family, y, design.trials[i]) != nullptr) reader.refuse_value("y", y, i);
  }
  return design;
}

Design restore_missing(const DrawSource& file, const Frame& frame) {
  return file.has(kMissingData, "row") ? restore_inputs(file, frame, kMissingData) : Design();
}

}  // namespace bdglm
