// Coefficients and random effects of a family without augmentation: moves by blocks in whitened coordinates (math note,
// section 11).
#include <algorithm>

#include "engines/gibbs/whitened_block.hpp"

namespace bdglm {
namespace {

class ResidualUpdate final : public Update {
 public:
  explicit ResidualUpdate(std::vector<ResidentBlock> blocks)
      : blocks_(std::move(blocks)),
        core_(blocks_.size(), Tuning{0}),
        tree_(blocks_.size(), Tuning{0}),
        covariance_(blocks_.size(), Tuning{0}) {}

  std::string name() const override { return "coefficients and random effects"; }

  void apply(State& state, const Context& context, const SweepPosition& position) override {
    if (pseudo_.empty()) find_mode(state, context);
    if (position.adapting()) adapt(state, context, position);
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      WhitenedBlock(blocks_[b], static_cast<std::uint32_t>(b), pseudo_, state, context, position)
          .move(core_[b], tree_[b], covariance_[b], widths_);
      refresh_predictor(blocks_[b].predictor, state, context);
    }
  }

  void save(Archive& archive, const Context& context) const override {
    pseudo_.save(archive, context);
    widths_.save(archive);
    RowMatrix tuning(static_cast<Eigen::Index>(blocks_.size()), 9);
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      Eigen::Index column = 0;
      for (const Tuning& t : {core_[b], tree_[b], covariance_[b]}) {
        tuning.row(static_cast<Eigen::Index>(b)).segment(column, 3) << t.turns, t.tried, t.accepted;
        column += 3;
      }
    }
    archive["residual_tuning"] = tuning;
  }

  void load(const Archive& archive, const Context& context) override {
    pseudo_.load(archive, context);
    widths_.load(archive);
    const RowMatrix& tuning = archive.at("residual_tuning");
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      const auto row = tuning.row(static_cast<Eigen::Index>(b));
      core_[b] = {row[0], row[1], row[2]};
      tree_[b] = {row[3], row[4], row[5]};
      // Fits of before there was a choice moved covariances one by one.
      covariance_[b] = tuning.cols() > 6 ? Tuning{row[6], row[7], row[8]} : Tuning{1};
    }
  }

 private:
  /// Factors at the mode of coefficients and effects at the present scales, block by block.
  void find_mode(State& state, const Context& context) {
    const SweepPosition nowhere{};
    for (int trip = 0; trip < 30; ++trip) {
      pseudo_.set_here(state, context);
      bool climbed = false;
      for (std::size_t b = 0; b < blocks_.size(); ++b) {
        WhitenedBlock block(blocks_[b], static_cast<std::uint32_t>(b), pseudo_, state, context, nowhere);
        climbed = block.climb() || climbed;
        refresh_predictor(blocks_[b].predictor, state, context);
      }
      if (!climbed) break;
    }
    pseudo_.set_here(state, context);
  }

  /// The factors follow the warm-up's averages at stages that grow, and stay from its middle on. Sweeps side by side
  /// say much the same, so that after the first some are left out.
  void adapt(const State& state, const Context& context, const SweepPosition& position) {
    const auto sweep = static_cast<std::int64_t>(position.address.sweep);
    const std::int64_t middle = position.warmup / 2;
    constexpr std::int64_t kAll = 30;
    constexpr std::int64_t kEvery = 4;
    if (sweep > 0 && sweep <= middle && (sweep <= kAll || sweep % kEvery == 0)) pseudo_.add(state, context);
    bool stage = sweep == middle;
    for (std::int64_t at = 5; 2 * at <= middle && !stage; at = at * 5 / 2) stage = sweep == at;
    if (stage && sweep > 0) {
      pseudo_.set_averages(context);
      core_.assign(blocks_.size(), Tuning{0});
      tree_.assign(blocks_.size(), Tuning{0});
      covariance_.assign(blocks_.size(), Tuning{0});
    }
    for (Tuning& t : core_) retune(t, 0.6);
    for (Tuning& t : tree_) retune(t, 0.9);
    for (Tuning& t : covariance_) retune(t, 0.5);
  }

  /// Every twenty moves: a part keeps to the independence move where that accepts `enough`, of groups in their mean,
  /// else takes a Hamiltonian move beside it, of as many turns as accept .8.
  static void retune(Tuning& tuning, double enough) {
    constexpr double kMoves = 20;
    constexpr double kMostTurns = 6;
    if (tuning.tried < kMoves) return;
    const double acceptance = tuning.accepted / tuning.tried;
    const double wanted = tuning.turns == 0 ? enough : 0.8;
    tuning.tried = tuning.accepted = 0;
    if (acceptance < wanted) tuning.turns = std::min(tuning.turns + 1, kMostTurns);
  }

  std::vector<ResidentBlock> blocks_;
  std::vector<Tuning> core_, tree_, covariance_;
  PseudoData pseudo_;
  SliceWidths widths_{"whitened_widths", 0.5};
};

}  // namespace

std::unique_ptr<Update> make_residual_update(std::vector<ResidentBlock> blocks) {
  return std::make_unique<ResidualUpdate>(std::move(blocks));
}

}  // namespace bdglm
