// Reading coefficients, scales and correlations from variables of their own or from arrays.
#include "posterior/fit_parameters.hpp"

#include <algorithm>

#include "bdglm/error.hpp"

namespace bdglm {
namespace {

/// Draws of one of the entries, by its label, of a variable with one dimension beyond chain and draw.
Eigen::VectorXd read_entry(const DrawSource& file, const std::string& name, const std::string& label,
                           const DrawRange& range) {
  const std::vector<std::string> labels = file.dimensions("posterior", name).at(0).labels;
  const auto found = std::find(labels.begin(), labels.end(), label);
  if (found == labels.end())
    throw DataError("the fit's variable '" + name + "' has no entry '" + label + "'; the file is damaged");
  return read_draws(file, "posterior", name, range).col(found - labels.begin());
}

}  // namespace

RowMatrix read_draws(const DrawSource& file, const std::string& group, const std::string& name,
                     const DrawRange& range) {
  const std::vector<std::size_t>& numbers = range.numbers;
  const std::size_t count = numbers.back() - numbers.front() + 1;
  RowMatrix values = file.read(group, name, range.chain, numbers.front(), count);
  if (count == numbers.size()) return values;
  RowMatrix picked(static_cast<Eigen::Index>(numbers.size()), values.cols());
  for (std::size_t k = 0; k < numbers.size(); ++k)
    picked.row(static_cast<Eigen::Index>(k)) = values.row(static_cast<Eigen::Index>(numbers[k] - numbers.front()));
  return picked;
}

RowMatrix read_coefficients(const DrawSource& file, const std::vector<std::string>& names, const DrawRange& range) {
  // Where cutpoints stand for an intercept it is none.
  const auto none = [&](const std::string& name) { return name == "Intercept" && file.has("posterior", "cut"); };
  RowMatrix values(static_cast<Eigen::Index>(range.numbers.size()), static_cast<Eigen::Index>(names.size()));
  const bool joint = !names.empty() && file.has("posterior", "b");
  const RowMatrix all = joint ? read_draws(file, "posterior", "b", range) : RowMatrix();
  Eigen::Index from = 0;
  for (std::size_t j = 0; j < names.size(); ++j) {
    auto column = values.col(static_cast<Eigen::Index>(j));
    if (none(names[j]))
      column.setZero();
    else if (joint)
      column = all.col(from++);
    else
      column = read_draws(file, "posterior", variable_name("b_" + names[j]), range);
  }
  return values;
}

RowMatrix read_effect_sds(const DrawSource& file, const std::string& group,
                          const std::vector<std::string>& coefficients, const DrawRange& range) {
  RowMatrix values(static_cast<Eigen::Index>(range.numbers.size()), static_cast<Eigen::Index>(coefficients.size()));
  for (std::size_t k = 0; k < coefficients.size(); ++k) {
    const std::string own = variable_name("sd_" + group + "__" + coefficients[k]);
    values.col(static_cast<Eigen::Index>(k)) =
        file.has("posterior", own) ? Eigen::VectorXd(read_draws(file, "posterior", own, range))
                                   : read_entry(file, variable_name("sd_" + group), coefficients[k], range);
  }
  return values;
}

RowMatrix read_effect_correlations(const DrawSource& file, const std::string& group,
                                   const std::vector<std::string>& coefficients, const DrawRange& range) {
  const std::size_t width = coefficients.size();
  const auto name = [&](std::size_t l, std::size_t k) {
    return variable_name("cor_" + group + "__" + coefficients[l] + "__" + coefficients[k]);
  };
  if (width > 1 && !file.has("posterior", name(0, 1)))
    return read_draws(file, "posterior", variable_name("cor_" + group), range);
  RowMatrix values(static_cast<Eigen::Index>(range.numbers.size()), static_cast<Eigen::Index>(width * (width - 1) / 2));
  Eigen::Index pair = 0;
  for (std::size_t k = 0; k < width; ++k)
    for (std::size_t l = 0; l < k; ++l) values.col(pair++) = read_draws(file, "posterior", name(l, k), range);
  return values;
}

SavedEffects saved_effects(const DrawSource& file, const std::string& group) {
  const std::string name = variable_name("r_" + group);
  if (file.has("posterior", name)) return SavedEffects::all;
  if (file.has("thinned_effects", name)) return SavedEffects::thinned;
  return file.has("effect_moments", name + "_mean") ? SavedEffects::moments : SavedEffects::none;
}

std::vector<std::size_t> thinned_draws(const DrawSource& file) {
  const RowMatrix numbers = file.data("thinned_effects", "draw");
  std::vector<std::size_t> draws;
  for (const double number : numbers.reshaped()) draws.push_back(static_cast<std::size_t>(number));
  return draws;
}

}  // namespace bdglm
