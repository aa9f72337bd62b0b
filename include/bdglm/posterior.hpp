// A fit's posterior: draws, summaries, predictions, effects, scores, comparisons and checks, wherever the draws are
// kept.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bdglm/data.hpp"
#include "bdglm/report.hpp"

namespace bdglm {

/// What a row's group levels do: `known` refuses levels that the fit has not seen, `fresh` draws their
/// effects from N(0, Sigma), `none` leaves all random effects out.
enum class GroupMode { known, fresh, none };

/// Summary of a row's expected response, or of the probability of one of its levels.
struct ExpectedResponse {
  double mean = 0, sd = 0, low = 0, high = 0;
  double plugin = 0;               ///< at the posterior mean of the parameters
  std::vector<double> draws = {};  ///< at the draws asked for
};

/// Summary of one row.
struct RowPrediction {
  std::vector<ExpectedResponse> expected = {};     ///< one, or the levels'
  double predictive_low = 0, predictive_high = 0;  ///< of a new observation
  std::vector<double> new_draws = {};              ///< new observations at the draws asked for
};

/// How chains weigh in predictions: `equal` as draws of one posterior, `stacked` by how well each alone predicts the
/// fit's own rows, each row left out (Yao, Vehtari, Gelman 2022), for chains that do not agree: a mixture that is no
/// longer the posterior. A chain is drawn from in proportion, the heaviest in full.
enum class ChainWeights { equal, stacked };

struct PredictOptions {
  GroupMode groups = GroupMode::fresh;
  ChainWeights weights = ChainWeights::equal;
  double interval = 0.95;  ///< probability of the intervals
  std::size_t draws = 0;   ///< posterior draws to give besides, spread evenly
  int threads = 0;         ///< 0: as many as the machine has
};

struct Prediction {
  std::vector<std::string> levels = {};  ///< of the response, as `expected` has them; empty where it is one number
  std::vector<RowPrediction> rows = {};  ///< of each row of the table; `expected` is empty where inputs are missing
  std::vector<std::string> notes = {};   ///< what the user should know of rows, weights and draws
};

struct EffectOptions {
  EffectKind kind = EffectKind::predictions;
  std::string by = {};  ///< a factor, or a number of at most ten values, each of whose levels is looked at by itself
  /// Of the variable. Predictions: the values to predict at, in place of a grid. Comparisons: the first is what the
  /// others are compared with. A number may be given as text, and a level that is a number as that number.
  std::vector<ColumnValue> values = {};
  std::size_t points = 50;  ///< of a grid, at most a million
  double interval = 0.95;   ///< probability of the intervals
  /// Of random effects; `none` if not given, but `fresh` where they alone read the variable, as a grouping.
  std::optional<GroupMode> groups = {};
  int threads = 0;  ///< 0: as many as the machine has
};

struct ImportanceOptions {
  double interval = 0.95;              ///< probability of the intervals
  GroupMode groups = GroupMode::none;  ///< whether random effects have a part in expected responses
  int threads = 0;                     ///< 0: as many as the machine has
};

enum class ReportForm { html, json };

/// Numbers along named dimensions, the last of which runs fastest.
struct Array {
  struct Dimension {
    std::string name = {};
    std::vector<std::string> labels = {};  ///< of its entries; numbers as text
  };
  std::vector<Dimension> dimensions = {};
  std::vector<double> values = {};

  std::vector<std::size_t> shape() const;
};

class DrawSource;
struct RunOptions;
struct Progress;

/// The posterior of a model. Copies share the draws.
class Posterior {
 public:
  /// The fit in the file `path`, which each call opens anew: a run may go on meanwhile, and the working directory may
  /// change. Throws DataError where it is none, as all calls do.
  static Posterior open(const std::string& path);

  /// Whether all draws that were asked for are there; false after a stop.
  bool complete() const;
  int chains() const;
  std::size_t draws_per_chain() const;

  /// The scalars of the posterior, as summaries name them: "b_x", "sd_g__Intercept", "weight_scale[2]"; random effects
  /// "r_g[level,coefficient]" too where `all` is true.
  std::vector<std::string> names(bool all = false) const;
  /// All draws of one scalar, chain after chain. Throws ModelError that lists the nearest names.
  std::vector<double> draws(const std::string& name) const;

  /// All that the fit holds, as GROUP/VARIABLE with ArviZ's names, sorted: "posterior/b_x", "sample_stats/diverging",
  /// "log_likelihood/y", "posterior_predictive/y", "predictions/y" (missing responses), "thinned_effects/r_g",
  /// "effect_moments/r_g_mean", "observed_data/y", "constant_data/fixed".
  std::vector<std::string> arrays() const;
  /// One of them: of draws it is chain x draw x what a draw has, log likelihoods chain x draw x obs, which is the row
  /// of the table from 1. Throws ModelError that lists the nearest names, or how to keep what the fit has not kept.
  Array array(const std::string& name) const;

  std::vector<ParameterSummary> summary(bool all = false) const;
  std::vector<Warning> warnings() const;
  /// What the user should know of data, priors and device.
  std::vector<std::string> notes() const;
  /// The whole specification of model and run as JSON.
  std::string specification() const;

  /// Predicts the rows of `rows`. Throws DataError for columns that are missing or do not fit, or before the first
  /// draw; with stacked weights as `loo` does.
  Prediction predict(const Data& rows, const PredictOptions& options = {}) const;
  /// Scores predictions against the responses in `rows`. Throws as `predict` does.
  Evaluation evaluate(const Data& rows, GroupMode groups = GroupMode::fresh,
                      ChainWeights weights = ChainWeights::equal) const;

  /// Effects of `variable`, a column of `rows`, on the expected response.
  ///
  /// Predictions are along a grid of `points` from the least to the greatest value, or at all levels that occur; other
  /// numbers are at their means (or at the commoner of two values), other columns at their commonest levels. Averages
  /// are over at most 2,000 of the rows, spread evenly, and at most 1,000 draws. Comparisons are of a factor's levels
  /// with the first, or of a number's mean plus half a standard deviation with its mean less half of one, within the
  /// rows' range; slopes are derivatives by a number. A number that the formula takes for a factor too has predictions
  /// and comparisons at its levels, and no slope.
  ///
  /// Throws DataError for columns that are not there or do not fit, and where no row is complete; ModelError for
  /// values and options that do not fit, as `GroupMode::none` where random effects alone read the variable.
  Effects effects(const Data& rows, const std::string& variable, const EffectOptions& options = {}) const;
  /// The same of the fit's own rows. Throws DataError besides where an earlier version made the fit, whose formula
  /// reads a column within an expression or a product alone.
  Effects effects(const std::string& variable, const EffectOptions& options = {}) const;

  /// How much of the expected response's variance over the rows each variable that it reads moves. Of at most 2,000 of
  /// the rows, spread evenly, and 1,000 draws; where there are many variables of fewer, at least 200 of each. Throws
  /// DataError for columns that are not there or do not fit, where fewer than two rows are complete, and where the
  /// expected response is the same in all of them; ModelError where the model reads no variable, and for options that
  /// do not fit.
  Importances importance(const Data& rows, const ImportanceOptions& options = {}) const;
  /// The same of the fit's own rows, as `effects` does.
  Importances importance(const ImportanceOptions& options = {}) const;

  /// Estimates from the fit's own rows how well it predicts new ones, each row left out in turn: from the saved log
  /// likelihood where there is one, else from the draws. The log likelihood of a row whose weight is a frequency is
  /// that of all observations it stands for. `threads` 0: as many as the machine has. Throws DataError where the fit
  /// keeps too little for a log likelihood of the rows, or before the first draw; NumericalError where a row has none.
  LeaveOneOut loo(int threads = 0) const;
  /// Compares statistics of the fit's own responses with those of new responses drawn by the posterior: one response of
  /// each row a draw, as many as its weight says where that is a frequency. Throws DataError for frequencies that are
  /// no whole numbers, and as `predict` does.
  PredictiveChecks check(GroupMode groups = GroupMode::fresh, int threads = 0) const;
  /// The same of other rows, which hold the response.
  PredictiveChecks check(const Data& rows, GroupMode groups = GroupMode::fresh, int threads = 0) const;

  /// A page that shows the fit, or its data as JSON: what was asked, whether the chains agree, posteriors beside
  /// priors, random effects, checks, calibration, the expected response along each predictor with its band and the
  /// plug-in, leave-one-out, the run. The page is one HTML text that needs no network. Throws as `predict` does.
  std::string report(ReportForm form = ReportForm::html, GroupMode groups = GroupMode::fresh, int threads = 0) const;
  /// The same with scores, checks and calibration of rows that the fit has not seen, which hold the response.
  std::string report(const Data& held_out, ReportForm form = ReportForm::html, GroupMode groups = GroupMode::fresh,
                     int threads = 0) const;

  /// Writes draws and state to a fit file, from which the program and ArviZ go on. Throws DataError.
  void save(const std::string& path, bool overwrite = false) const;

  /// Of draws in memory.
  explicit Posterior(std::shared_ptr<const DrawSource> draws) : memory_(std::move(draws)) {}

 private:
  friend Comparison compare(const std::vector<std::pair<std::string, Posterior>>& fits, int threads);
  friend Posterior update(const Posterior& posterior, const Data& rows, const RunOptions& run,
                          const std::function<bool(const Progress&)>& watcher, const std::function<bool()>& stop);
  friend Posterior update_to_file(const Posterior& posterior, const Data& rows, const std::string& path,
                                  const RunOptions& run, const std::function<bool(const Progress&)>& watcher,
                                  const std::function<bool()>& stop);
  Posterior() = default;
  std::shared_ptr<const DrawSource> source() const;
  /// As a reader knows the fit; empty of draws in memory.
  std::string file_name() const;

  std::shared_ptr<const DrawSource> memory_;
  std::string path_;   ///< of the file, absolute, where the draws are not in memory
  std::string shown_;  ///< as messages name it
};

/// Compares fits, each with the name that messages and the result give it, by leave-one-out. Throws as `Posterior::loo`
/// does, and DataError where the fits' rows, responses, trials or frequencies differ, where one gives densities and
/// another probabilities, or where there are fewer than two.
Comparison compare(const std::vector<std::pair<std::string, Posterior>>& fits, int threads = 0);

}  // namespace bdglm
