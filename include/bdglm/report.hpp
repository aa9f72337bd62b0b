// What is said of a posterior, as data: summaries of parameters, warnings, scores, comparisons, checks, effects.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace bdglm {

/// One scalar over all draws; diagnostics after Vehtari et al. (2021), equal to ArviZ's.
struct ParameterSummary {
  std::string name = {};
  double mean = 0, sd = 0, q2_5 = 0, q50 = 0, q97_5 = 0;
  double ess_bulk = 0, ess_tail = 0, rhat = 1;
  double mcse = 0;     ///< of the mean
  bool judged = true;  ///< whether convergence is judged by it; not where it shares its meaning with a network
};

/// Something that the draws cannot carry; `earlier_fit` is of a fit that this one updates, or of how they go together.
struct Warning {
  enum class Kind { few_draws, one_chain, not_finite, chains_apart, few_effective_draws, divergences, earlier_fit };
  Kind kind = Kind::few_draws;
  std::string parameter = {};                                    ///< the worst one, where it is about parameters
  std::size_t parameters = 0;                                    ///< how many it is about
  std::string message = {};                                      ///< what is wrong
  std::vector<std::pair<std::string, long long>> settings = {};  ///< run options to fit again with: {"draws", 4000}
  std::string advice = {};                                       ///< what else may help
};

/// How far a score rests on single chains. Chains of a network may each have found a region of its own: together they
/// then predict better than alone, and another run may score otherwise by about what one chain left out changes.
struct ChainScores {
  std::vector<double> log_score_alone = {};    ///< of each chain's draws
  std::vector<double> log_score_without = {};  ///< of the draws of all others
  /// Of the variance of a row's expected response over all draws, the part between the chains' means: the mean of the
  /// rows that have a finite variance; NaN where none has.
  double share_between = 0;
};

/// Scores of predictions; absent where one does not fit the family.
struct Evaluation {
  long long rows = 0;  ///< of positive weight
  /// Sum of the rows' weights where these are frequencies, as in all families but gaussian, and are not all one; every
  /// score is then a weighted mean over the rows.
  std::optional<double> total_weight = {};
  double log_score = 0;             ///< mean log of the predictive density, averaged over draws first
  double log_score_plugin = 0;      ///< mean log density at the posterior mean of the parameters
  std::optional<double> rmse = {};  ///< of the expected response; of successes, a trial
  std::optional<double> mae = {};
  /// Of classes. The Brier score of several levels is summed over them (Brier 1950), of two it is that of one level;
  /// the calibration error of several is the mean of theirs.
  std::optional<double> accuracy = {}, brier = {}, ece = {};
  std::map<std::string, double> ece_by_level = {};
  /// Share of responses within the central predictive interval. For discrete responses the expected
  /// coverage of the randomised interval, whose nominal value is exact (Czado, Gneiting, Held 2009).
  std::map<std::string, double> coverage = {};
  std::optional<ChainScores> chains = {};  ///< of two chains or more that draws predict of
  std::vector<double> chain_weights = {};  ///< stacked ones of all chains; none where all weigh alike
  std::vector<std::string> notes = {};     ///< what the user should know of rows and weights
};

/// A sum over rows, and its standard error sqrt(rows * variance of its terms).
struct Estimate {
  double value = 0, se = 0;
};

/// How well a model predicts a row that is left out (Vehtari, Gelman, Gabry 2017, Statistics and Computing 27); equal
/// to ArviZ's. All are natural logarithms of predictive densities, the higher the better.
struct LeaveOneOut {
  struct Row {
    std::size_t number = 0;  ///< of the table's row, from 1
    double elpd_loo = 0, p_loo = 0;
    double pareto_k = 0;  ///< above `k_threshold` elpd_loo is not reliable; infinite where no tail could be fitted
    double elpd_waic = 0, p_waic = 0;
  };
  Estimate elpd_loo = {}, p_loo = {};    ///< by Pareto smoothed importance sampling; -2 elpd_loo is looic
  Estimate elpd_waic = {}, p_waic = {};  ///< by the widely applicable information criterion
  std::size_t draws = 0;                 ///< of all chains
  double relative_efficiency = 1;        ///< effective draws a draw: mean over all quantities of the posterior
  double k_threshold = 0.7;              ///< min(1 - 1 / log10(draws), 0.7)
  std::vector<Row> rows = {};
  std::vector<std::string> notes = {};  ///< what the user should know of draws, rows and how they were had

  /// Rows whose pareto_k is above the threshold.
  std::size_t unreliable() const;
};

/// Several fits of the same responses beside each other.
struct Comparison {
  struct Model {
    std::string name = {};
    Estimate elpd_loo = {}, p_loo = {};
    Estimate difference = {};    ///< elpd_loo of the first model less that of this one, row by row
    double weight = 0;           ///< in the stacked mixture (Yao et al. 2018, Bayesian Analysis 13); they sum to one
    std::size_t unreliable = 0;  ///< rows whose pareto_k is above this fit's threshold
  };
  std::vector<Model> models = {};  ///< the highest elpd_loo first
  std::size_t rows = 0;
  std::vector<std::string> notes = {};
};

/// A statistic T of the responses y beside those of the posterior's new responses y_rep, one draw each (Gelman, Meng,
/// Stern 1996, Statistica Sinica 6).
struct PredictiveCheck {
  /// "mean", "sd", "min", "max", "zeros" (share), "dispersion" (variance over mean), "share[LEVEL]",
  /// "sd_of_means[GROUP]".
  std::string statistic = {};
  double observed = 0;
  double mean = 0, q2_5 = 0, q97_5 = 0;  ///< of T(y_rep)
  double p_value = 0;                    ///< P(T(y_rep) >= T(y))
  double p_at_most = 0;                  ///< P(T(y_rep) <= T(y))
  std::string finding = {};              ///< what is amiss in words where either is below .01; else empty
};

struct PredictiveChecks {
  long long rows = 0;     ///< of positive weight
  std::size_t draws = 0;  ///< of all chains
  std::vector<PredictiveCheck> checks = {};
  std::vector<std::string> notes = {};  ///< what the user should know of rows, weights and draws
};

enum class EffectKind { predictions, comparisons, slopes };

/// A value of a column: a number, or a level.
using ColumnValue = std::variant<double, std::string>;

/// Marginal effects of a variable (Arel-Bundock, Greifer, Heiss 2024, Journal of Statistical Software 111): expected
/// responses at its values, or average differences or derivatives of the expected response over rows.
struct Effects {
  struct Row {
    std::optional<ColumnValue> value = {};          ///< of the variable, in predictions
    std::optional<ColumnValue> from = {}, to = {};  ///< of the variable, in comparisons
    std::optional<ColumnValue> by = {};             ///< within which level
    std::string response = {};  ///< which level's probability it is; empty where there is one number
    double mean = 0, sd = 0, low = 0, high = 0;
    std::optional<double> plugin = {};  ///< of predictions, at the posterior mean of the parameters
  };
  EffectKind kind = EffectKind::predictions;
  std::string variable = {}, by = {};  ///< `by` is empty where all rows are taken together
  /// Of predictions: the other columns that they depend on, and the value that each has.
  std::vector<std::pair<std::string, ColumnValue>> held = {};
  std::size_t averaged = 0;  ///< rows that averages are of; zero of predictions
  std::size_t draws = 0;
  std::vector<Row> rows = {};
  std::vector<std::string> notes = {};  ///< what the user should know of rows, groups and draws
};

/// How much of the variance of the expected response over the rows goes with each variable: half the mean square of
/// what expected responses change by when the rows exchange their values of it, over that variance (the total-effect
/// index of Jansen 1999). Variables that act together have shares that add up to more than one; so have those that
/// vary together, of which the rows then have combinations that are not in the data.
struct Importances {
  struct Row {
    std::string variable = {};                   ///< a column, a whole matrix, or nested groups ("a:b")
    double mean = 0, sd = 0, low = 0, high = 0;  ///< of the share, over the draws
  };
  std::vector<Row> rows = {};           ///< the largest mean first
  double deviation = 0;                 ///< of expected responses over the rows, the mean over the draws
  std::size_t averaged = 0, draws = 0;  ///< how many rows and draws
  std::vector<std::string> notes = {};  ///< what the user should know of rows, groups and draws
};

}  // namespace bdglm
