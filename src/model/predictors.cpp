// The linear predictors of a model: names, right sides, heads, random effects.
#include "model/predictors.hpp"

#include <Eigen/QR>
#include <algorithm>
#include <cstdio>
#include <limits>
#include <map>
#include <set>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "family/response.hpp"

namespace bdglm {
namespace {

/// Refuses networks whose weights an int does not count.
void check_size(const NetworkShape& shape) {
  double weights = 0;
  for (int l = 0; l < shape.layers(); ++l) weights += (shape.input_width(l) + 1.0) * shape.width(l);
  if (weights < 0.5 * std::numeric_limits<int>::max()) return;
  char words[160];
  std::snprintf(words, sizeof words,
                "deep(): layers of these widths have %.3g weights, which take %.3g GB of memory a chain several times "
                "over; make them narrower",
                weights, 8e-9 * weights);
  throw ModelError(words);
}

/// Whether both put the same rows together.
bool same_groups(const TermDesign& a, const TermDesign& b) {
  std::map<std::int32_t, std::int32_t> there;
  std::map<std::int32_t, std::int32_t> back;
  for (std::size_t i = 0; i < a.index.size(); ++i)
    if (there.emplace(a.index[i], b.index[i]).first->second != b.index[i] ||
        back.emplace(b.index[i], a.index[i]).first->second != a.index[i])
      return false;
  return true;
}

}  // namespace

std::vector<std::string> predictor_names(Family family, const Frame& frame) {
  if (describe(family).response == ResponseKind::levels)
    return {frame.response_levels.begin() + 1, frame.response_levels.end()};
  std::vector<std::string> names = {""};
  const Formula formula = frame.formula();
  for (const FamilyParameter& parameter : parameters_of(family))
    for (const RightSide& side : formula.sides)
      if (side.predictor == parameter.name) names.emplace_back(parameter.name);
  return names;
}

FamilyParameters parameter_places(Family family, const std::vector<std::string>& predictors) {
  FamilyParameters places;
  const auto parameters = parameters_of(family);
  for (std::size_t k = 0; k < parameters.size() && !has_levels(family); ++k)
    for (std::size_t c = 1; c < predictors.size(); ++c)
      if (predictors[c] == parameters[k].name) places.predictor[k] = static_cast<int>(c);
  return places;
}

std::string name_in_predictor(const std::string& predictor, const std::string& name) {
  return predictor.empty() ? name : predictor + "_" + name;
}

void assign_sides(const Formula& formula, const Frame& frame, Model& model) {
  const bool unnamed = model.predictors.front().empty();
  std::vector<std::string> known = unnamed ? std::vector<std::string>() : model.predictors;
  for (const Family family : kFamilies)
    for (const FamilyParameter& parameter : parameters_of(family))
      if (family_name(family) == family_name(model.family) &&
          std::find(known.begin(), known.end(), parameter.name) == known.end())
        known.emplace_back(parameter.name);
  for (std::size_t k = 1; k < formula.sides.size(); ++k) {
    const std::string& name = formula.sides[k].predictor;
    if (std::find(model.predictors.begin(), model.predictors.end(), name) != model.predictors.end()) continue;
    std::string why = "family " + family_name(model.family);
    if (known.empty())
      why += " has one linear predictor, that of the first formula";
    else if (unnamed)
      why += " has, beside the linear predictor of the first formula, " + listed(known) + ", and no '" + name + "'";
    else if (name == frame.response_levels.front())
      why += " has no linear predictor of the level '" + name + "', which is the reference of the others";
    else
      why += " has the linear predictors " + listed(model.predictors) + ", none of which is '" + name + "'";
    const std::vector<std::string> near = nearest_names(name, known);
    throw ModelError("formula '" + formula.sides[k].text + "': " + why +
                     (near.empty() ? "" : "; did you mean '" + near.front() + "'?"));
  }
  for (const std::string& predictor : model.predictors) model.sides.push_back(formula.side_of(predictor));
  const RightSide& first = formula.sides.front();
  const bool serves = std::find(model.sides.begin(), model.sides.end(), 0U) != model.sides.end();
  if (!serves && !(first.terms.empty() && first.groups.empty() && first.offsets.empty() && !first.deep))
    throw ModelError("the right side of '" + first.text +
                     "' serves no linear predictor, since each has a formula of its own; write '" +
                     deparse(formula.response) + " ~ 1' for the first formula, or leave a further one out");
}

void name_coefficients(const Design& design, Model& model) {
  for (std::size_t c = 0; c < model.predictors.size(); ++c)
    for (const std::string& name : model.side(design, c).fixed_names)
      model.fixed_names.push_back(name_in_predictor(model.predictors[c], name));
  std::set<std::string> names;
  for (std::string name : model.fixed_names) {
    std::replace(name.begin(), name.end(), '/', '|');  // as the fit file names it
    if (!names.insert(name).second)
      throw ModelError("two coefficients would be named 'b_" + name + "', a level of the response with a column each" +
                       (name.find('|') == std::string::npos ? "" : " ('/' is written as '|')") +
                       "; rename one of them");
  }
}

void set_shape(const Formula& formula, const Design& design, Model& model) {
  if (formula.deep) {
    if (formula.deep->to_choose()) throw ModelError("deep(): `auto` has to be chosen before the model is made");
    model.shape.inputs = model.inputs.columns();
    model.shape.widths = formula.deep->layers;
    model.shape.activation = activation_named(formula.deep->activation);
    check_size(model.shape);
  }
  model.shape.heads.clear();
  for (std::size_t c = 0; c < model.predictors.size(); ++c) {
    const SideDesign& side = model.side(design, c);
    model.shape.heads.push_back({side.deep ? model.shape.last_width() : 0, static_cast<int>(side.columns())});
    if (model.shape.heads.back().size() == 0 && side.groups.empty())
      throw ModelError("the formula '" + formula.sides[model.sides[c]].text +
                       "' has no terms at all; '~ 1' fits an intercept");
  }
  for (int l = 0; l < model.shape.layers(); ++l) model.weight_layers.push_back(std::to_string(l + 1));
  int common = -1;
  for (std::size_t c = 0; c < model.predictors.size(); ++c) {
    int own = -1;
    if (model.shape.heads[c].units > 0) {
      const bool parameter = model.is_parameter(c);
      own = parameter || common < 0 ? static_cast<int>(model.weight_layers.size()) : common;
      if (own == static_cast<int>(model.weight_layers.size()))
        model.weight_layers.push_back(parameter ? model.predictors[c] : std::to_string(model.shape.layers() + 1));
      if (!parameter) common = own;
    }
    model.output_scales.push_back(own);
  }
}

namespace {

/// Whether columns that are constant within groups tell every group from all others.
bool told_by_coefficients(const SideDesign& side, const TermDesign& group) {
  const Eigen::Index levels = group.index.empty() ? 0 : 1 + *std::max_element(group.index.begin(), group.index.end());
  if (levels == 0 || levels > side.fixed.cols()) return false;
  std::vector<Eigen::Index> first(static_cast<std::size_t>(levels));
  Eigen::MatrixXd of_group = Eigen::MatrixXd::Zero(levels, side.fixed.cols());
  for (Eigen::Index c = 0; c < side.fixed.cols(); ++c) {
    std::fill(first.begin(), first.end(), -1);
    bool constant = true;
    for (Eigen::Index i = 0; i < side.fixed.rows() && constant; ++i) {
      Eigen::Index& known = first[static_cast<std::size_t>(group.index[static_cast<std::size_t>(i)])];
      if (known < 0) known = i;
      constant = side.fixed(i, c) == side.fixed(known, c);
    }
    if (!constant) continue;
    for (Eigen::Index g = 0; g < levels; ++g)
      if (first[static_cast<std::size_t>(g)] >= 0) of_group(g, c) = side.fixed(first[static_cast<std::size_t>(g)], c);
  }
  return Eigen::ColPivHouseholderQR<Eigen::MatrixXd>(of_group).rank() == levels;
}

}  // namespace

void note_same_groups(const SideDesign& side, std::vector<std::string>& notes) {
  for (const TermDesign& group : side.groups) {
    const std::vector<std::string>& names = group.coefficients;
    if (std::find(names.begin(), names.end(), "Intercept") == names.end() || !told_by_coefficients(side, group))
      continue;
    notes.push_back(
        "the coefficients tell every group of '" + group.group +
        "' apart: only the prior of its standard deviation tells its intercepts from them; leave the factor or "
        "the random intercept out");
  }
  for (std::size_t a = 0; a < side.groups.size(); ++a)
    for (std::size_t b = a + 1; b < side.groups.size(); ++b) {
      const std::vector<std::string>& known = side.groups[a].coefficients;
      const std::vector<std::string>& more = side.groups[b].coefficients;
      const auto shared = std::find_first_of(more.begin(), more.end(), known.begin(), known.end());
      if (shared == more.end() || !same_groups(side.groups[a], side.groups[b])) continue;
      notes.push_back("the groups of '" + side.groups[b].group + "' are those of '" + side.groups[a].group +
                      "': only the prior tells their effects of '" + *shared + "' apart; leave one of them out");
    }
}

void add_effects(const Frame& frame, const Design& design, Model& model) {
  std::set<std::string> seen;
  for (std::size_t c = 0; c < model.predictors.size(); ++c) {
    const std::vector<TermDesign>& groups = model.side(design, c).groups;
    for (std::size_t r = 0; r < groups.size(); ++r) {
      const TermDesign& group = groups[r];
      RandomEffect effect;
      effect.predictor = static_cast<int>(c);
      effect.term = r;
      effect.group = group.group;
      for (const std::string& name : group.coefficients)
        effect.coefficients.push_back(name_in_predictor(model.predictors[c], name));
      effect.levels = static_cast<Eigen::Index>(frame.group_levels.at(group.group).size());
      effect.deep = group.deep;
      effect.sd = model.priors.sd[model.effects.size()];
      if (!model.priors.own_sd.empty()) effect.own_sd = model.priors.own_sd[model.effects.size()];
      effect.lkj = model.priors.lkj[model.effects.size()];
      for (const std::string& name : effect.coefficients)
        if (!seen.insert(effect.group + "__" + name).second)
          throw ModelError("two random-effect terms have the coefficient '" + name + "' for '" + effect.group +
                           "'; write one of them once");
      model.effects.push_back(effect);
    }
  }
}

}  // namespace bdglm
