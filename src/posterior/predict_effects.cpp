// Random effects for prediction: levels that occur, draws of known ones, new ones' draws from N(0, Sigma).
#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <set>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "model/model.hpp"
#include "posterior/parallel.hpp"
#include "posterior/predictor_blocks.hpp"
#include "sampling/standard.hpp"

namespace bdglm {
namespace {

/// Draws from N(mean, covariance) of known levels, (levels * width) x draws, each at its address.
RowMatrix draw_from_moments(const DrawSource& file, const std::string& name, const std::vector<std::string>& labels,
                            const std::vector<std::size_t>& known, const DrawRange& range, const Address& address,
                            int threads, Eigen::VectorXd& means) {
  const RowMatrix mean = file.read_slice("effect_moments", name + "_mean", -1, 0, 1, known);
  const RowMatrix covariance = file.read_slice("effect_moments", name + "_covariance", -1, 0, 1, known);
  const auto levels = static_cast<Eigen::Index>(known.size());
  const Eigen::Index width = mean.cols() / levels;
  const auto count = static_cast<Eigen::Index>(range.numbers.size());
  means = mean.row(0).transpose();
  RowMatrix effects(levels * width, count);
  for_each_index(threads, levels, [&](Eigen::Index g) {
    const Eigen::Map<const RowMatrix> sigma(covariance.data() + g * width * width, width, width);
    // LDL' takes a covariance that is not of full rank, as of few draws.
    const Eigen::LDLT<Eigen::MatrixXd> factor(sigma);
    const Eigen::MatrixXd lower = factor.matrixL();
    const Eigen::VectorXd scale = factor.vectorD().cwiseMax(0).cwiseSqrt();
    const std::uint32_t label = label_hash(labels[known[static_cast<std::size_t>(g)]]);
    Eigen::VectorXd z(width);
    for (Eigen::Index s = 0; s < count; ++s) {
      Address at = address;
      at.sweep = static_cast<std::uint32_t>(static_cast<std::size_t>(range.chain) * file.draws() +
                                            range.numbers[static_cast<std::size_t>(s)]);
      Stream stream(at, label);
      for (double& value : z) value = draw_normal<double>(stream);
      z = lower * scale.cwiseProduct(z);
      effects.col(s).segment(g * width, width) =
          means.segment(g * width, width) + factor.transpositionsP().transpose() * z;
    }
  });
  return effects;
}

}  // namespace

std::vector<std::string> Predictor::coefficients(const Effect& effect, const Design& design) const {
  std::vector<std::string> names;
  for (const std::string& name : effect.of(design).coefficients)
    names.push_back(name_in_predictor(predictors_[effect.predictor], name));
  return names;
}

bool Predictor::seen_before_update(const std::string& group, const std::string& level) const {
  const auto seen = earlier_groups_.find(group);
  return seen != earlier_groups_.end() &&
         std::find(seen->second.begin(), seen->second.end(), level) != seen->second.end();
}

void Predictor::check_groups(const Design& design) const {
  for (const Effect& effect : effects_) {
    const TermDesign& group = effect.of(design);
    const std::vector<std::string>& levels = frame_.group_levels.at(group.group);
    const bool saved = saved_effects(file_, group.group) != SavedEffects::none;
    for (std::size_t i = 0; i < group.index.size(); ++i) {
      const auto level = static_cast<std::size_t>(group.index[i]);
      if (level < levels.size() && !saved)
        throw DataError("the fit kept no effects of '" + group.group + "', which " + design.row_name(i) + " with '" +
                        levels[level] + "' needs; fit again with " + setting("save_effects") +
                        " all, or leave the effects out with " + setting("GroupMode::none"));
      if (level < levels.size() || options_.mode != GroupMode::known) continue;
      const std::string& label = group.new_levels[level - levels.size()];
      throw DataError((seen_before_update(group.group, label)
                           ? seen_group_text(group.group, label, design.row_name(i)) +
                                 ", before it was updated; an update does not take over the effects of groups: use "
                           : "'" + group.group + "' has the level '" + label + "' in " + design.row_name(i) +
                                 ", which the fit has not seen; use ") +
                      setting("GroupMode::fresh") + " to draw its effects or " + setting("GroupMode::none") +
                      " to leave effects out");
    }
  }
}

Predictor::Rows Predictor::select_rows(const Design& design, Eigen::Index first, Eigen::Index count) const {
  Rows rows;
  rows.first = first;
  rows.count = count;
  for (const Effect& effect : effects_) {
    const TermDesign& group = effect.of(design);
    const std::size_t levels = frame_.group_levels.at(group.group).size();
    Rows::Term term;
    term.width = static_cast<Eigen::Index>(group.coefficients.size());
    const std::vector<std::int32_t> index(group.index.begin() + first, group.index.begin() + first + count);
    std::vector<std::int32_t> place(levels + group.new_levels.size(), -1);
    for (const std::int32_t level : index) place[static_cast<std::size_t>(level)] = 0;
    std::int32_t next = 0;
    for (std::size_t level = 0; level < place.size(); ++level) {
      if (place[level] < 0) continue;
      place[level] = next++;
      if (level < levels)
        term.known.push_back(level);
      else
        term.fresh.push_back(level - levels);
    }
    for (const std::int32_t level : index) term.level.push_back(place[static_cast<std::size_t>(level)]);
    rows.terms.push_back(std::move(term));
  }
  return rows;
}

void Predictor::load_known_effects(const Design& design, const Rows& rows, Draws& draws) const {
  const Eigen::Index count = draws.count();
  std::set<std::string> done;
  for (std::size_t r = 0; r < effects_.size(); ++r) {
    const std::string& group = effects_[r].of(design).group;
    if (!done.insert(group).second) continue;
    // The terms of one grouping stand side by side in its variable, r_GROUP, predictor by predictor.
    std::vector<std::size_t> terms;
    Eigen::Index total = 0;
    for (std::size_t t = r; t < effects_.size(); ++t) {
      if (effects_[t].of(design).group != group) continue;
      terms.push_back(t);
      total += rows.terms[t].width;
    }
    const std::vector<std::size_t>& known = rows.terms[r].known;
    if (known.empty()) continue;
    const std::string name = variable_name("r_" + group);
    const SavedEffects saved = saved_effects(file_, group);
    RowMatrix effects;
    Eigen::VectorXd sums;
    if (saved == SavedEffects::moments) {
      const Address address{seed_, 0, 0, Site::predict_group, 2048U + static_cast<std::uint32_t>(r)};
      effects =
          draw_from_moments(file_, name, frame_.group_levels.at(group), known, draws.range, address, threads_, sums);
      sums *= static_cast<double>(count);
    } else {
      const bool few = saved == SavedEffects::thinned;
      const std::vector<std::size_t>& numbers = few ? draws.kept : draws.range.numbers;
      const std::size_t from = numbers.front();
      const std::size_t span = numbers.back() - from + 1;
      const RowMatrix slice =
          file_.read_slice(few ? "thinned_effects" : "posterior", name, draws.range.chain, from, span, known);
      effects.resize(slice.cols(), count);
      for (Eigen::Index s = 0; s < count; ++s) {
        const std::size_t at = numbers[static_cast<std::size_t>(s)] - from;
        effects.col(s) = slice.row(static_cast<Eigen::Index>(at)).transpose();
      }
      sums = effects.rowwise().sum();
    }
    Eigen::Index offset = 0;
    for (const std::size_t t : terms) {
      const Eigen::Index width = rows.terms[t].width;
      for (Eigen::Index g = 0; g < static_cast<Eigen::Index>(known.size()); ++g) {
        draws.effects[t].middleRows(g * width, width) = effects.middleRows(g * total + offset, width);
        draws.effect_sums[t].segment(g * width, width) = sums.segment(g * total + offset, width);
      }
      offset += width;
    }
  }
}

void Predictor::draw_new_effects(const Design& design, const Rows& rows, std::size_t r, Draws& draws) const {
  const Rows::Term& term = rows.terms[r];
  if (term.fresh.empty()) return;
  const TermDesign& group = effects_[r].of(design);
  const std::vector<std::string> names = coefficients(effects_[r], design);
  const RowMatrix sd = read_effect_sds(file_, group.group, names, draws.range);
  const RowMatrix correlation = read_effect_correlations(file_, group.group, names, draws.range);
  const Eigen::Index width = term.width;
  const auto first = static_cast<Eigen::Index>(term.known.size());
  std::vector<std::uint32_t> labels;
  for (const std::size_t level : term.fresh) labels.push_back(label_hash(group.new_levels[level]));
  for_each_index(threads_, draws.count(), [&](Eigen::Index s) {
    Eigen::MatrixXd covariance(width, width);
    Eigen::Index pair = 0;
    for (Eigen::Index k = 0; k < width; ++k) {
      covariance(k, k) = sd(s, k) * sd(s, k);
      for (Eigen::Index l = 0; l < k; ++l)
        covariance(k, l) = covariance(l, k) = correlation(s, pair++) * sd(s, k) * sd(s, l);
    }
    covariance.diagonal() *= 1 + 1e-12;  // keeps a correlation that rounds to one positive definite
    const Eigen::MatrixXd factor = covariance.llt().matrixL();
    const std::size_t number =
        static_cast<std::size_t>(draws.range.chain) * file_.draws() + draws.range.numbers[static_cast<std::size_t>(s)];
    Eigen::VectorXd z(width);
    for (std::size_t g = 0; g < labels.size(); ++g) {
      Stream stream({seed_, 0, static_cast<std::uint32_t>(number), Site::predict_group, static_cast<std::uint32_t>(r)},
                    labels[g]);
      for (double& value : z) value = draw_normal<double>(stream);
      draws.effects[r].col(s).segment((first + static_cast<Eigen::Index>(g)) * width, width) = factor * z;
    }
  });
}

}  // namespace bdglm
