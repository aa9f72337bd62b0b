// Sufficient statistics where they say all; else normal and other distributions fitted to draws.
#include "posterior/posterior_prior.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "posterior/fit_parameters.hpp"
#include "posterior/matched_priors.hpp"

namespace bdglm {
namespace {

constexpr Eigen::Index kMostCoefficients = 1000;
constexpr std::size_t kDrawsOfCoefficient = 10;

bool has_sufficient_statistics(const Model& model) {
  return model.family == Family::gaussian && model.effects.empty() && model.sigma_levels.size() == 1 &&
         !model.has_coefficient_variances();
}

/// Of all chains, chain after chain.
template <class Read>
RowMatrix all_draws(const DrawSource& file, const Read& read) {
  RowMatrix all;
  const auto draws = static_cast<Eigen::Index>(file.draws());
  for (int c = 0; c < file.chains(); ++c) {
    DrawRange range{c, std::vector<std::size_t>(file.draws())};
    std::iota(range.numbers.begin(), range.numbers.end(), std::size_t{0});
    const RowMatrix own = read(range);
    if (c == 0) all.resize(draws * file.chains(), own.cols());
    all.middleRows(c * draws, draws) = own;
  }
  return all;
}

/// Four significant digits, for statements that people read.
double four_digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return std::strtod(text, nullptr);
}

template <class Prior>
std::string statement(const std::string& name, Prior prior) {
  if constexpr (std::is_same_v<Prior, CoefficientPrior>) {
    prior.mean = four_digits(prior.mean);
    prior.sd = four_digits(prior.sd);
  } else {
    prior.a = four_digits(prior.a);
    prior.b = four_digits(prior.b);
  }
  return describe(name, prior);
}

std::string earlier_rows_text(long long rows) { return std::to_string(rows) + " earlier row" + (rows == 1 ? "" : "s"); }

/// Beside the prior of the first fit, in the coordinates of its centred columns.
void keep_statistics(const Model& model, const Design& design, PosteriorPrior& result) {
  EarlierRows& earlier = *result.priors.earlier;
  const SideDesign& side = design.sides.front();
  const FixedScaling& scaling = model.scaling.front();
  if (!model.priors.earlier) {
    // Normal and independent in the sampler's coordinates, which are these times a scale each.
    const Eigen::VectorXd sd = model.fixed_prior_precision.cwiseSqrt().cwiseInverse().cwiseQuotient(scaling.scale);
    earlier.joint = {model.fixed_prior_mean.cwiseQuotient(scaling.scale), sd.cwiseAbs2().asDiagonal().toDenseMatrix()};
  }
  RowMatrix rows(design.size(), side.fixed.cols() + 1);
  rows << side.fixed.rowwise() - scaling.center.transpose(), design.response - side.offset;
  if (!earlier.statistics) earlier.statistics.emplace();
  earlier.statistics->add(design.weights.cwiseSqrt().asDiagonal() * rows);
  result.notes.push_back("updated exactly: the likelihood of " + earlier_rows_text(earlier.rows) +
                         " is kept by its sufficient statistics, beside the priors of the first fit");
}

class Summary {
 public:
  Summary(const DrawSource& file, const Model& model, PosteriorPrior& result)
      : file_(file), model_(model), result_(result), priors_(result.priors) {}

  void take_over() {
    priors_.statements.clear();
    take_coefficients();
    take_deviations();
    take_residual_scales();
    const std::size_t draws = file_.draws() * static_cast<std::size_t>(file_.chains());
    std::string note = "updated approximately: the coefficients";
    if (!with_.empty()) note += ", with " + listed(with_) + ",";
    note += " have a normal prior with the means and covariances of " + std::to_string(draws) +
            " draws, which tell of " + earlier_rows_text(priors_.earlier->rows);
    if (!scales_.empty())
      note += "; " + listed(scales_) +
              (scales_.size() == 1 ? " has a prior fitted to its" : " have priors fitted to their") +
              " draws, independent of all others";
    result_.notes.push_back(note);
    if (model_.effects.empty()) return;
    const bool correlated =
        std::any_of(model_.effects.begin(), model_.effects.end(), [](const RandomEffect& e) { return e.width() > 1; });
    result_.notes.push_back(std::string("effects of earlier groups are not carried over: the new rows are of other "
                                        "groups") +
                            (correlated ? ", whose correlations have the prior lkj(1) or that which was given" : ""));
  }

 private:
  /// Coefficients of all predictors, intercepts at the columns' centers, and the family's coordinates.
  RowMatrix joint_draws() {
    RowMatrix all =
        all_draws(file_, [&](const DrawRange& range) { return read_coefficients(file_, model_.fixed_names, range); });
    Eigen::Index from = 0;
    for (std::size_t c = 0; c < model_.predictors.size(); ++c) {
      const FixedScaling& scaling = model_.scaling[model_.sides[c]];
      auto own = all.middleCols(from, scaling.center.size());
      from += own.cols();
      if (scaling.intercept < 0) continue;
      if (c == 0 && model_.has_cuts()) own.col(scaling.intercept) = -file_.read("posterior", "cut").col(model_.anchor);
      const Eigen::VectorXd at_centers = own * scaling.center;
      own.col(scaling.intercept) += at_centers;
    }
    const auto append = [&](const Eigen::VectorXd& x) {
      all.conservativeResize(Eigen::NoChange, all.cols() + 1);
      all.rightCols(1) = x;
    };
    for (std::size_t k = 0; k < model_.parameters.size(); ++k) {
      const FamilyParameter& parameter = model_.parameter(k);
      if (model_.priors.parameters[k].kind == PositivePrior::Kind::constant) continue;
      append(file_.read("posterior", parameter.name).col(0).unaryExpr([&](double v) { return parameter.inverse(v); }));
      with_.emplace_back(parameter.name);
    }
    if (!model_.has_cuts()) return all;
    const RowMatrix cuts = file_.read("posterior", "cut");
    for (Eigen::Index k = 0; k + 1 < cuts.cols(); ++k) append((cuts.col(k + 1) - cuts.col(k)).array().log().matrix());
    with_.emplace_back("cut");
    return all;
  }

  void take_coefficients() {
    const RowMatrix draws = joint_draws();
    const Eigen::Index size = draws.cols();
    if (size > kMostCoefficients)
      throw DataError("the fit has " + std::to_string(size) + " coefficients, and an update takes over up to " +
                      std::to_string(kMostCoefficients) + "; fit all rows together");
    const std::size_t wanted = kDrawsOfCoefficient * static_cast<std::size_t>(size + 1);
    if (static_cast<std::size_t>(draws.rows()) < wanted)
      throw DataError("the fit has " + std::to_string(draws.rows()) + " draws, too few for the covariance of " +
                      std::to_string(size) + " coefficients; go on with " + setting("resume") + " to " +
                      std::to_string(wanted) + " or more");
    if (!draws.allFinite())
      throw DataError("a parameter of the fit has draws that are not finite or at a bound; fit all rows together");
    EarlierRows& earlier = *priors_.earlier;
    earlier.joint = matched_normals(draws);
    earlier.anchor = model_.anchor;
    earlier.statistics.reset();
    state_marginals(earlier.joint);
  }

  /// In words, each by itself.
  void state_marginals(const JointNormal& joint) {
    const auto marginal = [&](Eigen::Index k) {
      return CoefficientPrior{joint.mean[k], std::sqrt(joint.covariance(k, k))};
    };
    priors_.fixed.clear();
    Eigen::Index at = 0;
    for (std::size_t c = 0; c < model_.predictors.size(); ++c) {
      const FixedScaling& scaling = model_.scaling[model_.sides[c]];
      for (Eigen::Index j = 0; j < scaling.center.size(); ++j, ++at) {
        priors_.fixed.push_back(marginal(at));
        const std::string& name = model_.fixed_names[static_cast<std::size_t>(at)];
        const bool centred = j == scaling.intercept && !scaling.center.isZero(0);
        const bool cut = j == scaling.intercept && c == 0 && model_.has_cuts();
        priors_.statements.push_back(statement(
            cut ? "-cut[" + std::to_string(model_.anchor + 1) + "]" : (centred ? "" : "b_") + variable_name(name),
            priors_.fixed.back()));
      }
    }
    for (std::size_t k = 0; k < model_.parameters.size(); ++k) {
      const FamilyParameter& parameter = model_.parameter(k);
      const std::string name = parameter.name;
      const bool logit = parameter.link == FamilyParameter::Link::logit;
      const std::string above = parameter.lower > 0 ? name + " - " + number_text(parameter.lower) : name;
      if (priors_.parameters[k].kind == PositivePrior::Kind::constant)
        priors_.statements.push_back(statement(name, priors_.parameters[k]));
      else
        priors_.statements.push_back(statement((logit ? "logit(" : "log(") + above + ")", marginal(at++)));
    }
    for (int k = 1; at < joint.mean.size(); ++at, ++k)
      priors_.statements.push_back(
          statement("log(cut[" + std::to_string(k + 1) + "] - cut[" + std::to_string(k) + "])", marginal(at)));
  }

  void take_deviations() {
    priors_.own_sd.clear();
    for (std::size_t r = 0; r < model_.effects.size(); ++r) {
      const RandomEffect& effect = model_.effects[r];
      const RowMatrix draws = all_draws(file_, [&](const DrawRange& range) {
        return read_effect_sds(file_, effect.group, effect.coefficients, range);
      });
      priors_.own_sd.emplace_back();
      for (Eigen::Index k = 0; k < effect.width(); ++k) {
        priors_.own_sd.back().push_back(matched_deviation(draws.col(k)));
        const std::string name =
            variable_name("sd_" + effect.group + "__" + effect.coefficients[static_cast<std::size_t>(k)]);
        priors_.statements.push_back(statement(name, priors_.own_sd.back().back()));
        scales_.push_back(name);
      }
      if (priors_.lkj[r] == 0) priors_.lkj[r] = 1;
      if (effect.width() > 1)
        priors_.statements.push_back("cor_" + variable_name(effect.group) + " ~ lkj(" + number_text(priors_.lkj[r]) +
                                     ")");
    }
  }

  void take_residual_scales() {
    if (!model_.has_sigma()) return;
    const RowMatrix draws = file_.read("posterior", "sigma");
    priors_.own_sigma.clear();
    for (Eigen::Index l = 0; l < draws.cols(); ++l) {
      priors_.own_sigma.push_back(matched_residual_scale(draws.col(l)));
      const std::string level =
          model_.sigma_name.empty() ? "" : "[" + model_.sigma_levels[static_cast<std::size_t>(l)] + "]";
      priors_.statements.push_back(statement("sigma" + level, priors_.own_sigma.back()));
    }
    scales_.emplace_back("sigma");
  }

  const DrawSource& file_;
  const Model& model_;
  PosteriorPrior& result_;
  Priors& priors_;
  std::vector<std::string> with_;    ///< the family's numbers, taken over jointly with the coefficients
  std::vector<std::string> scales_;  ///< taken over by themselves
};

}  // namespace

PosteriorPrior posterior_as_prior(const DrawSource& file, const Model& model, const Design& design) {
  if (model.shape.layers() > 0)
    throw DataError(
        "the fit has a network, whose weights have many modes and no normal summary; an update cannot take it over: "
        "fit all rows together");
  if (model.has_sparse())
    throw DataError(
        "the fit has coefficients of a sparse matrix, of which an update, which takes over a covariance of all "
        "coefficients, takes none: fit all rows together");
  PosteriorPrior result{model.priors, {}};
  if (!result.priors.earlier) result.priors.earlier.emplace();
  EarlierRows& earlier = *result.priors.earlier;
  earlier.rows += static_cast<long long>(design.size());
  earlier.centers.clear();
  for (const FixedScaling& scaling : model.scaling) earlier.centers.push_back(scaling.center);
  if (has_sufficient_statistics(model))
    keep_statistics(model, design, result);
  else
    Summary(file, model, result).take_over();
  return result;
}

}  // namespace bdglm
