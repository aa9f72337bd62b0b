// The training design within the fit file: constant_data and observed_data.
#include "run/design_archive.hpp"

#include <algorithm>

namespace bdglm {
namespace {

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

}  // namespace

std::vector<DataVariable> archive_design(const Design& design) {
  Dimension obs{"obs", {}, {}};
  for (const std::size_t row : design.rows) obs.numbers.push_back(static_cast<long long>(row) + 1);
  std::vector<DataVariable> data;
  const auto add = [&](const std::string& name, const RowMatrix& values, const Dimension& columns = {}) {
    data.push_back({name == "y" ? "observed_data" : "constant_data", name, {obs}, values});
    if (!columns.name.empty()) data.back().dimensions.push_back(columns);
  };
  add("y", design.response);
  add("row", as_column(design.rows));
  add("offset", design.offset);
  add("trials", design.trials);
  add("weights", design.weights);
  if (design.fixed.cols() > 0) add("fixed", design.fixed, {"coefficient", design.fixed_names, {}});
  if (design.deep.cols() > 0) add("deep", design.deep, {"input", design.deep_names, {}});
  if (!design.sigma_index.empty()) add("sigma_index", as_column(design.sigma_index));
  for (std::size_t r = 0; r < design.groups.size(); ++r) {
    const std::string number = std::to_string(r);
    add("group_index" + number, as_column(design.groups[r].index));
    if (design.groups[r].z.cols() > 0)
      add("group_design" + number, design.groups[r].z,
          {"group_coefficient" + number, design.groups[r].coefficients, {}});
  }
  return data;
}

Design restore_design(const FitReader& file, const Frame& frame) {
  const auto column = [&](const std::string& name) { return file.data("constant_data", name); };
  Design design;
  design.response = file.data("observed_data", "y").col(0);
  design.rows = from_column<std::size_t>(column("row"));
  design.offset = column("offset").col(0);
  design.trials = column("trials").col(0);
  design.weights = column("weights").col(0);
  design.fixed = column("fixed");
  if (design.fixed.cols() == 0) design.fixed.resize(design.size(), 0);
  design.fixed_names = file.spec().at("fixed_names").get<std::vector<std::string>>();
  design.deep = column("deep");
  design.deep_names = frame.deep_names;
  if (!frame.sigma_text.empty()) design.sigma_index = from_column<std::int32_t>(column("sigma_index"));
  const Formula formula = frame.formula();
  for (std::size_t r = 0; r < formula.groups.size(); ++r) {
    const std::string number = std::to_string(r);
    TermDesign group;
    group.group = formula.groups[r].group_name();
    group.deep = formula.groups[r].deep;
    group.index = from_column<std::int32_t>(column("group_index" + number));
    if (group.deep) {
      for (int k = 1; k <= formula.deep->layers.back(); ++k) group.coefficients.push_back("unit" + std::to_string(k));
    } else {
      group.z = column("group_design" + number);
      group.coefficients = file.dimensions_of_data("constant_data", "group_design" + number);
    }
    design.groups.push_back(std::move(group));
  }
  return design;
}

}  // namespace bdglm
