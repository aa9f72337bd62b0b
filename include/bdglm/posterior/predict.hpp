// Predictions of new rows: every posterior draw's linear predictor, expected response and new observation.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bdglm/backend/backend.hpp"
#include "bdglm/data/design.hpp"
#include "bdglm/draws/fit_file.hpp"
#include "bdglm/family/family.hpp"

namespace bdglm {

/// What a row's group levels do: `known` refuses levels that the fit has not seen, `fresh` draws their
/// effects from N(0, Sigma), `none` leaves all random effects out.
enum class GroupMode { known, fresh, none };

GroupMode group_mode_from_name(const std::string& name);

/// The posterior of a fit, loaded for prediction.
class Predictor {
 public:
  explicit Predictor(const FitReader& file);

  const Frame& frame() const { return frame_; }
  Family family() const { return family_; }
  Eigen::Index draws() const { return draws_; }

  /// Calls f(rows' indices in the design, eta: rows x draws, plug-in eta: rows) chunk by chunk.
  using OnChunk = std::function<void(Eigen::Index first, const RowMatrix& eta, const Eigen::VectorXd& plugin)>;
  void predict(const Design& design, GroupMode mode, const OnChunk& on_chunk) const;

  /// Residual standard deviation of a row at a draw (Gaussian), and at the posterior mean of sigma.
  double sigma(const Design& design, Eigen::Index row, Eigen::Index draw) const;
  double plugin_sigma(const Design& design, Eigen::Index row) const;

 private:
  /// One random-effect term: draws of its effects and of Sigma's entries.
  struct Term {
    Eigen::Index levels = 0;
    Eigen::Index width = 0;
    bool deep = false;
    RowMatrix effects;      ///< draws x (levels * width)
    RowMatrix sd;           ///< draws x width
    RowMatrix correlation;  ///< draws x width (width - 1) / 2
  };

  void check_groups(const Design& design, GroupMode mode) const;
  RowMatrix term_effects(std::size_t r, Eigen::Index draw, const std::vector<std::string>& new_levels,
                         GroupMode mode) const;

  Frame frame_;
  Family family_ = Family::gaussian;
  std::shared_ptr<const Backend> backend_;
  NetworkShape shape_;
  std::uint64_t seed_ = 0;
  Eigen::Index draws_ = 0;
  RowMatrix fixed_;        ///< draws x p
  RowMatrix theta_;        ///< draws x network parameters
  RowMatrix sigma_;        ///< draws x sigma levels
  RowMatrix layer_noise_;  ///< draws x layers
  std::vector<Term> terms_;
};

/// Summary of one row for the prediction table.
struct RowPrediction {
  double mean = 0, sd = 0, low = 0, high = 0, predictive_low = 0, predictive_high = 0, plugin = 0;
};

/// Rows of the prediction table in the design's order.
std::vector<RowPrediction> predict_rows(const Predictor& predictor, const Design& design, GroupMode mode,
                                        double interval, std::uint64_t seed);

}  // namespace bdglm
