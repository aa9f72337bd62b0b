// The training design within the fit file: constant_data and observed_data.
#include "run/design_archive.hpp"

#include <algorithm>

#include "base/names.hpp"
#include "bdglm/error.hpp"

namespace bdglm {
namespace {

constexpr const char* kMissingData = "predictions_constant_data";  // ArviZ's name

template <class T>
RowMatrix as_column(const std::vector<T>& values) {
  RowMatrix column(static_cast<Eigen::Index>(values.size()), 1);
  for (std::size_t i = 0; i < values.size(); ++i)
    column(static_cast<Eigen::Index>(i), 0) = static_cast<double>(values[i]);
  return column;
}

template <class T>
std::vector<T> from_column(const RowMatrix& column) {
  std::vector<T> values;
  for (Eigen::Index i = 0; i < column.rows(); ++i) values.push_back(static_cast<T>(column(i, 0)));
  return values;
}

/// The name of an array of a right side: "fixed", or "fixed_LEVEL" of a predictor's own one.
std::string of_side(const std::string& name, const RightSide& side) {
  return side.predictor.empty() ? name : variable_name(name + "_" + side.predictor);
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
  if (design.deep.cols() > 0) add("deep", design.deep, {"input", design.deep_names, {}});
  if (!design.sigma_index.empty()) add("sigma_index", as_column(design.sigma_index));
  std::size_t r = 0;
  const Formula formula = frame.formula();
  for (std::size_t k = 0; k < design.sides.size(); ++k) {
    const SideDesign& side = design.sides[k];
    const RightSide& of = formula.sides[k];
    add(of_side("offset", of), side.offset);
    if (side.fixed.cols() > 0)
      add(of_side("fixed", of), side.fixed, {of_side("coefficient", of), side.fixed_names, {}});
    for (const TermDesign& group : side.groups) {
      const std::string number = std::to_string(r++);
      add("group_index" + number, as_column(group.index));
      if (group.z.cols() > 0)
        add("group_design" + number, group.z, {"group_coefficient" + number, group.coefficients, {}});
    }
  }
  return data;
}

Design restore_inputs(const DrawSource& file, const Frame& frame, const std::string& archived) {
  const auto column = [&](const std::string& name) { return file.data(archived, name); };
  const auto needed = [&](const std::string& name) {
    if (!file.has(archived, name))
      throw DataError("the fit does not hold '" + archived + "/" + name +
                      "', which it was written with: a copy has lost it; take the fit's own file");
    return column(name);
  };
  Design design;
  for (const std::size_t number : from_column<std::size_t>(needed("row"))) design.rows.push_back(number - 1);
  design.trials = needed("trials").col(0);
  design.weights = needed("weights").col(0);
  design.deep = frame.deep_names.empty() ? RowMatrix() : needed("deep");
  design.deep_names = frame.deep_names;
  if (!frame.sigma_text.empty()) design.sigma_index = from_column<std::int32_t>(needed("sigma_index"));
  const Formula formula = frame.formula();
  const auto fixed_names = file.spec().at("fixed_names").get<std::vector<std::vector<std::string>>>();
  std::size_t r = 0;
  for (std::size_t k = 0; k < formula.sides.size(); ++k) {
    SideDesign side;
    side.deep = formula.sides[k].deep;
    side.offset = needed(of_side("offset", formula.sides[k])).col(0);
    side.fixed_names = fixed_names.at(k);
    if (!side.fixed_names.empty()) side.fixed = needed(of_side("fixed", formula.sides[k]));
    if (side.fixed.cols() == 0) side.fixed.resize(design.size(), 0);
    for (const Term& term : formula.sides[k].groups) {
      const std::string number = std::to_string(r++);
      TermDesign group;
      group.group = term.group_name();
      group.deep = term.deep;
      group.index = from_column<std::int32_t>(needed("group_index" + number));
      if (group.deep) {
        for (int unit = 1; unit <= formula.deep->layers.back(); ++unit)
          group.coefficients.push_back("unit" + std::to_string(unit));
      } else {
        group.z = needed("group_design" + number);
        group.coefficients = file.dimensions_of_data(archived, "group_design" + number);
      }
      side.groups.push_back(std::move(group));
    }
    design.sides.push_back(std::move(side));
  }
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
  const RowMatrix response = file.data("observed_data", "y");
  if (response.rows() != design.size())
    throw DataError("the fit does not hold 'observed_data/y' of its rows: a copy has lost it; take the fit's own file");
  design.response = response.col(0);
  return design;
}

Design restore_missing(const DrawSource& file, const Frame& frame) {
  return file.has(kMissingData, "row") ? restore_inputs(file, frame, kMissingData) : Design();
}

}  // namespace bdglm
