// Batch means, and the rule that reads them.
#include "run/thinning.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "compute/arrow_shape.hpp"
#include "engines/gibbs/arrow_blocks.hpp"

namespace bdglm {
namespace {

/// Of a chain, in the second half of its warm-up.
constexpr std::int64_t kBatches = 20;

std::int64_t batch_length(const RunOptions& run) { return (run.warmup - run.warmup / 2) / kBatches; }

/// As many as cost no more than a sweep of some ten thousand rows; one of a network.
int most_sweeps_a_draw(const Model& model, const Design& design, const Workload& work) {
  constexpr double kOperations = 2.5e6;
  constexpr double kMost = 10;
  if (model.shape.layers() > 0) return 1;
  double operations = work.operations;
  // The core of crossed effects is factored in each sweep.
  for (const ArrowBlock& block : plan_arrow_blocks(model, design)) {
    auto core = static_cast<double>(model.dense_width(block.predictor));
    for (const std::size_t r : block.crossed)
      core += static_cast<double>(model.effects[r].levels) * static_cast<double>(model.effects[r].width());
    const auto rows = static_cast<double>(design.size());
    const bool wide = block.crossed.empty() && block.chain.empty() &&
                      ArrowShape::is_wide(model.dense_width(block.predictor), design.size());
    operations += wide ? rows * rows * core : core * core * core / 3;
  }
  return static_cast<int>(std::clamp(std::floor(kOperations / operations), 1.0, kMost));
}

}  // namespace

std::int64_t total_sweeps(const RunOptions& run) {
  const std::int64_t total = run.warmup + static_cast<std::int64_t>(run.draws) * std::max(run.thin, 1);
  if (total > std::numeric_limits<std::uint32_t>::max())
    throw ModelError(setting("warmup") + " " + std::to_string(run.warmup) + " and " + setting("draws") + " " +
                     std::to_string(run.draws) + " times " + setting("thin") + " " + std::to_string(run.thin) +
                     " are " + std::to_string(total) + " sweeps a chain, more than 4294967295; give fewer " +
                     setting("draws") + " or a smaller " + setting("thin"));
  return total;
}

void BatchMeans::add(int chain, const std::vector<double>& scalars) {
  const auto place = static_cast<std::size_t>(chain);
  if (chains_.size() <= place) chains_.resize(place + 1);
  Sums& own = chains_[place];
  // The square of a number above is none.
  const auto sound = [](double x) { return std::isfinite(x) && std::fabs(x) < 1e150; };
  if (anchor_.empty())
    for (const double x : scalars) anchor_.push_back(sound(x) ? x : 0);
  for (std::vector<double>* sums : {&own.batch, &own.batch_squares, &own.sum, &own.squares, &own.squares_of_batches})
    sums->resize(scalars.size(), 0);
  own.count += 1;
  for (std::size_t k = 0; k < scalars.size(); ++k) {
    const double x = sound(scalars[k]) ? scalars[k] - anchor_[k] : 0;
    own.batch[k] += x;
    own.batch_squares[k] += x * x;
    if (own.count % length_ != 0) continue;
    own.sum[k] += own.batch[k];
    own.squares[k] += own.batch_squares[k];
    own.squares_of_batches[k] += own.batch[k] * own.batch[k];
    own.batch[k] = own.batch_squares[k] = 0;
  }
}

double BatchMeans::autocorrelation_time() const {
  constexpr std::int64_t kLeastBatches = 20;
  std::int64_t count = 0;
  for (const Sums& chain : chains_) count += chain.count / length_ * length_;
  if (count < kLeastBatches * length_) return 1;
  const auto n = static_cast<double>(count);
  const auto length = static_cast<double>(length_);
  double longest = 1;
  for (std::size_t k = 0; k < chains_.front().sum.size(); ++k) {
    double sum = 0;
    double squares = 0;
    double of_batches = 0;
    for (const Sums& chain : chains_) {
      sum += chain.sum[k];
      squares += chain.squares[k];
      of_batches += chain.squares_of_batches[k];
    }
    const double mean = sum / n;
    const double variance = squares / n - mean * mean;
    const double batches = n / length;
    const double of_means = (of_batches / (length * length) - batches * mean * mean) / (batches - 1);
    if (variance > 1e-10 * mean * mean) longest = std::max(longest, length * of_means / variance);
  }
  return longest;
}

Spec BatchMeans::save() const {
  Spec all = {{"anchor", anchor_}, {"chains", Spec::array()}};
  for (const Sums& chain : chains_)
    all["chains"].push_back({{"count", chain.count},
                             {"batch", chain.batch},
                             {"batch_squares", chain.batch_squares},
                             {"sum", chain.sum},
                             {"squares", chain.squares},
                             {"squares_of_batches", chain.squares_of_batches}});
  return all;
}

void BatchMeans::load(const Spec& saved) {
  chains_.clear();
  anchor_ = saved.value("anchor", std::vector<double>());
  for (const Spec& chain : saved.value("chains", Spec::array()))
    chains_.push_back({chain.at("count"), chain.at("batch"), chain.at("batch_squares"), chain.at("sum"),
                       chain.at("squares"), chain.at("squares_of_batches")});
}

Thinning::Thinning(RunOptions& run, const Model& model, const Design& design, const Workload& work)
    : run_(run), batches_(std::max<std::int64_t>(batch_length(run), 1)) {
  if (!undecided()) return;
  most_ = most_sweeps_a_draw(model, design, work);
  const std::int64_t room = std::numeric_limits<std::uint32_t>::max() - std::int64_t{run.warmup};
  if (most_ == 1 || batch_length(run) == 0 || std::int64_t{most_} * run.draws > room) run_.thin = 1;
}

void Thinning::decide(std::vector<std::string>& notes) {
  constexpr double kBad = 8;
  run_.thin = batches_.autocorrelation_time() > kBad ? most_ : 1;
  if (run_.thin == 1) return;
  notes.push_back("draws next to each other say much the same: " + std::to_string(run_.thin) +
                  " sweeps are made for each kept draw (" + setting("thin") + " 1 makes one)");
}

std::int64_t Thinning::whole_draws(std::int64_t sweeps) const {
  const std::int64_t over = std::max<std::int64_t>(0, sweeps - run_.warmup) % std::max(run_.thin, 1);
  return over == 0 ? sweeps : sweeps + run_.thin - over;
}

}  // namespace bdglm
