// Names of the parameters that a network can stand in for, from the formula's terms and their columns.
#include "model/judged.hpp"

#include <algorithm>
#include <vector>

#include "base/names.hpp"
#include "model/model.hpp"

namespace bdglm {
namespace {

/// The names that columns of an atom can have, whatever the coding of its factor: "x", "log(x)", "livch3+".
std::vector<std::string> atom_names(const Expression& atom, const Frame& frame) {
  const std::string text = deparse(atom);
  std::vector<std::string> columns;
  collect_names(atom, columns);
  std::vector<std::string> names = {text};
  if (columns.size() != 1) return names;
  if (atom.kind == Expression::Kind::name && frame.blocks.count(text) > 0) return frame.with_block_columns({text});
  for (const std::string& key : {columns.front(), text}) {
    const auto factor = frame.levels.find(key);
    if (factor == frame.levels.end()) continue;
    for (const std::string& level : factor->second)
      for (const std::string& prefix : {columns.front(), text}) names.push_back(prefix + level);
  }
  return names;
}

/// Every name that a term's coefficients can have.
std::vector<std::string> coefficient_names(const FormulaTerm& term, const Frame& frame) {
  std::vector<std::string> names = {""};
  for (const Expression& atom : term.atoms) {
    const std::vector<std::string> parts = atom_names(atom, frame);
    std::vector<std::string> longer;
    for (const std::string& name : names)
      for (const std::string& part : parts) longer.push_back(name.empty() ? part : name + ":" + part);
    names = std::move(longer);
  }
  return names;
}

}  // namespace

JudgedParameters::JudgedParameters(const Frame& frame, Family family) {
  const Formula formula = frame.formula();
  if (!formula.deep) return;
  shared_ = {"weight_scale", "layer_noise", "input_relevance"};
  for (const std::string& predictor : predictor_names(family, frame)) {
    const RightSide& side = formula.sides[formula.side_of(predictor)];
    if (side.deep) add(side, *formula.deep, predictor, frame);
  }
}

void JudgedParameters::add(const RightSide& side, const DeepTerm& network, const std::string& predictor,
                           const Frame& frame) {
  std::vector<std::string> read;
  for (const Expression& input : network.inputs) collect_names(input, read);
  const auto shares = [&](const std::vector<std::string>& columns) {
    return std::all_of(columns.begin(), columns.end(),
                       [&](const std::string& c) { return std::find(read.begin(), read.end(), c) != read.end(); });
  };
  const auto columns_of = [](const FormulaTerm& term) {
    std::vector<std::string> columns;
    for (const Expression& atom : term.atoms) collect_names(atom, columns);
    return columns;
  };
  const auto add_fixed = [&](const std::string& coefficient) {
    const std::string own = name_in_predictor(predictor, coefficient);
    shared_.insert(variable_name("b_" + own));
    shared_.insert("b[" + own + "]");
  };
  add_fixed("Intercept");
  for (const FormulaTerm& term : side.terms)
    if (shares(columns_of(term))) {
      for (const std::string& name : coefficient_names(term, frame)) add_fixed(name);
      shared_.insert(variable_name("hs_" + name_in_predictor(predictor, "global")));
    }

  for (const Term& group : side.groups) {
    std::vector<std::string> shared;
    std::vector<std::string> all;
    if (group.deep)
      for (int k = 1; k <= network.layers.back(); ++k) shared.push_back("unit" + std::to_string(k));
    else if (group.intercept)
      (shares(group.factors) ? shared : all).push_back("Intercept");
    for (const FormulaTerm& term : group.terms) {
      std::vector<std::string> columns = columns_of(term);
      columns.insert(columns.end(), group.factors.begin(), group.factors.end());
      const std::vector<std::string> names = coefficient_names(term, frame);
      std::vector<std::string>& list = shares(columns) ? shared : all;
      list.insert(list.end(), names.begin(), names.end());
    }
    all.insert(all.end(), shared.begin(), shared.end());
    const auto in_predictor = [&](const std::vector<std::string>& names) {
      std::vector<std::string> own;
      for (const std::string& one : names) own.push_back(name_in_predictor(predictor, one));
      return own;
    };
    shared = in_predictor(shared);
    all = in_predictor(all);
    const std::string name = group.group_name();
    for (const std::string& a : shared) {
      shared_.insert(variable_name("sd_" + name + "__" + a));
      // Terms of many coefficients have one variable each, with labels.
      shared_.insert(variable_name("sd_" + name) + "[" + a + "]");
      // An effect's element is "r_g[level,coefficient]": kept here without its level.
      shared_.insert(variable_name("r_" + name) + "," + a);
      for (const std::string& b : all) {
        shared_.insert(variable_name("cor_" + name + "__" + a + "__" + b));
        shared_.insert(variable_name("cor_" + name + "__" + b + "__" + a));
        shared_.insert(variable_name("cor_" + name) + "[" + a + "__" + b + "]");
        shared_.insert(variable_name("cor_" + name) + "[" + b + "__" + a + "]");
      }
    }
  }
}

bool JudgedParameters::contains(const std::string& name) const {
  if (shared_.empty()) return true;
  const std::size_t bracket = name.find('[');
  if (shared_.count(name) != 0 || shared_.count(name.substr(0, bracket)) != 0) return false;
  if (name.rfind("r_", 0) != 0 || bracket == std::string::npos) return true;
  const std::string base = name.substr(0, bracket);
  // Labels may hold commas themselves: each may be the one before the coefficient.
  for (std::size_t comma = name.find(',', bracket); comma != std::string::npos; comma = name.find(',', comma + 1))
    if (shared_.count(base + "," + name.substr(comma + 1, name.size() - comma - 2)) != 0) return false;
  return true;
}

}  // namespace bdglm
