// Predictions of new rows: every posterior draw's linear predictor, expected response and new observation.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bdglm/posterior.hpp"
#include "compute/backend.hpp"
#include "design/design.hpp"
#include "family/response.hpp"
#include "fitfile/draw_store.hpp"

namespace bdglm {

GroupMode group_mode_from_name(const std::string& name);

struct PredictorOptions {
  GroupMode mode = GroupMode::fresh;
  int threads = 0;  ///< 0: as many as the machine has
  /// Bytes for the predictors of a block of rows at all draws; the draws themselves take a quarter of it.
  std::size_t memory = std::size_t{256} << 20U;
  std::size_t most_draws = 0;              ///< of all chains, which have equal parts, spread evenly; 0: all
  std::vector<double> chain_weights = {};  ///< none: equal
  std::vector<std::string> notes = {};     ///< of the weights
};

/// Throws ModelError for an interval that is no probability, and threads that are too many or fewer than none.
PredictorOptions prediction_options(GroupMode groups, double interval, int threads);

/// Where a draw stands in the fit file.
struct DrawPlace {
  int chain = 0;
  std::size_t draw = 0;
  std::size_t kept = 0;  ///< among those of its chain whose effects are kept
};

/// The linear predictors of rows [first, first + count) of a design.
struct RowPredictors {
  Eigen::Index first = 0;
  Eigen::Index count = 0;
  RowMatrix eta;                                              ///< (predictors * count) x draws, predictor by predictor
  Eigen::VectorXd plugin;                                     ///< at the posterior mean of the parameters
  const std::vector<FamilyParameters>* parameters = nullptr;  ///< of each draw
  const FamilyParameters* plugin_parameters = nullptr;

  /// Of the row first + i at a draw.
  Predictors at(Eigen::Index i, Eigen::Index draw) const {
    return {eta.data() + i * eta.cols() + draw, static_cast<std::size_t>(count * eta.cols()), predictors(),
            &(*parameters)[static_cast<std::size_t>(draw)]};
  }
  Predictors plugin_at(Eigen::Index i) const {
    return {plugin.data() + i, static_cast<std::size_t>(count), predictors(), plugin_parameters};
  }
  int predictors() const { return static_cast<int>(plugin.size() / count); }
};

/// The posterior of a fit as it predicts. Rows go in blocks; for each, the draws are read from the file once. What is
/// random has its address by draw and by the row's number or the level's label, so that results depend neither on
/// blocks nor on threads.
class Predictor {
 public:
  /// `file` must outlive the predictor. Throws DataError where the fit holds no draws.
  Predictor(const DrawSource& file, const PredictorOptions& options);

  const Frame& frame() const { return frame_; }
  Family family() const { return family_; }
  /// How many numbers an expected response is.
  int outcomes() const { return bdglm::outcomes(family_, frame().response_levels.size()); }
  GroupMode mode() const { return options_.mode; }
  int threads() const { return threads_; }
  std::uint64_t seed() const { return seed_; }
  /// The draws that the predictors' columns stand for.
  const std::vector<DrawPlace>& draws() const { return draws_; }
  /// Whether what a draw predicts rests on its chain alone; not where effects are drawn by moments of all chains.
  bool chains_apart() const { return chains_apart_; }
  /// What the user should know of the draws: which are used, and what stands in for effects that were not saved.
  const std::vector<std::string>& notes() const { return notes_; }
  /// Whether a fit that this one updates has seen the level of a grouping, whose effects were not taken over.
  bool seen_before_update(const std::string& group, const std::string& level) const;

  /// Calls f block by block, from the caller's thread.
  using OnRows = std::function<void(const RowPredictors& rows)>;
  void predict(const Design& design, const OnRows& on_rows) const;

  /// What a row's response is drawn with at a draw, and at the posterior mean: its precision weight / sigma^2, or its
  /// trials.
  double size(const Design& design, Eigen::Index row, Eigen::Index draw) const;
  double plugin_size(const Design& design, Eigen::Index row) const;

 private:
  double size_without_scale(const Design& design, Eigen::Index row) const;
  struct Rows;
  struct Draws;
  /// A random-effect term as one linear predictor has it.
  struct Effect {
    std::size_t predictor = 0, side = 0, term = 0;

    const TermDesign& of(const Design& design) const { return design.sides[side].groups[term]; }
  };

  void load_parameters();
  void load_cutpoints();
  void check_groups(const Design& design) const;
  Rows select_rows(const Design& design, Eigen::Index first, Eigen::Index count) const;
  Draws load(const Design& design, const Rows& rows, Eigen::Index from, Eigen::Index count) const;
  void load_known_effects(const Design& design, const Rows& rows, Draws& draws) const;
  void draw_new_effects(const Design& design, const Rows& rows, std::size_t r, Draws& draws) const;
  /// The names of an effect's coefficients.
  std::vector<std::string> coefficients(const Effect& effect, const Design& design) const;
  void add_network(const Design& design, const Rows& rows, const Draws& draws, Eigen::Index row, Eigen::Index draw,
                   bool with_noise, std::vector<RowMatrix>& eta) const;
  void fill(const Design& design, const Rows& rows, const Draws& draws, bool with_noise,
            Eigen::Ref<RowMatrix, 0, Eigen::OuterStride<>> eta) const;

  const DrawSource& file_;
  PredictorOptions options_;
  int threads_ = 1;
  Frame frame_;
  std::map<std::string, std::vector<std::string>> earlier_groups_;  ///< levels that fits seen before an update have
  Family family_{};
  std::vector<std::string> predictors_;
  std::vector<std::size_t> sides_;          ///< of each predictor, the right side that it has
  std::vector<Effect> effects_;             ///< predictor by predictor
  std::vector<std::string> fixed_names_;    ///< of all predictors' coefficients
  std::vector<Eigen::Index> fixed_widths_;  ///< of each predictor, how many
  std::shared_ptr<const Backend> backend_;
  NetworkShape shape_;  ///< without fixed effects
  std::uint64_t seed_ = 0;
  std::vector<DrawPlace> draws_;
  bool chains_apart_ = true;
  bool thinned_ = false;                      ///< draws_ are those whose effects were kept
  RowMatrix sigma_;                           ///< draws x sigma levels
  std::vector<FamilyParameters> parameters_;  ///< of each draw
  FamilyParameters mean_parameters_;
  std::vector<std::string> notes_;
};

struct RowPredictionOptions {
  double interval = 0.95;
  std::vector<Eigen::Index> draws;  ///< columns of the predictors to keep
};

/// Calls f with the rows' summaries, block by block in the design's order. A new observation of a Gaussian row of
/// weight zero, whose variance is infinite, is NaN. Throws DataError for a negative weight.
void predict_rows(const Predictor& predictor, const Design& design, const RowPredictionOptions& options,
                  const std::function<void(Eigen::Index first, const std::vector<RowPrediction>& rows)>& on_rows);

/// `count` of `total` draws, spread evenly; all where there are fewer.
std::vector<Eigen::Index> spread_draws(Eigen::Index count, Eigen::Index total);

}  // namespace bdglm
