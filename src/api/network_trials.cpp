// Short fits and their scores.
#include "api/network_trials.hpp"

#include <algorithm>
#include <cmath>

#include "bdglm/error.hpp"
#include "design/input_scaling.hpp"
#include "posterior/evaluate.hpp"

namespace bdglm {
namespace {

constexpr int kChains = 2;
constexpr int kMostSweeps = 100;  ///< of the warm-up, and as many draws
/// The most rows that a short fit and its score take: more cost time and hardly change the order of networks.
constexpr std::size_t kMostTrained = 5000, kMostHeld = 2000;
/// Rows of a response level: fewer are always fitted, and so many of each.
constexpr std::size_t kRare = 15;

}  // namespace

std::vector<Split> make_splits(const Design& design, Family family, std::uint64_t seed) {
  constexpr std::size_t kParts = 5;
  const auto level_of = [&](std::size_t i) {
    return has_levels(family) ? static_cast<std::size_t>(design.response[static_cast<Eigen::Index>(i)]) : 0;
  };
  std::vector<std::pair<double, std::size_t>> order;
  std::vector<std::size_t> level_rows;
  for (std::size_t i = 0; i < design.rows.size(); ++i) {
    if (!(design.weights[static_cast<Eigen::Index>(i)] > 0)) continue;
    Stream stream({seed, 0, 0, Site::network_choice, 0}, static_cast<std::uint32_t>(design.rows[i]));
    order.emplace_back(stream.uniform53(), i);
    level_rows.resize(std::max(level_rows.size(), level_of(i) + 1), 0);
    ++level_rows[level_of(i)];
  }
  std::sort(order.begin(), order.end());
  const std::size_t rows = order.size();
  const std::size_t count = rows <= 500 ? 3 : rows <= 2000 ? 2 : 1;
  std::vector<Split> splits(count, {std::vector<char>(design.table_rows, 0), std::vector<char>(design.table_rows, 0)});
  for (std::size_t s = 0; s < count; ++s) {
    std::size_t trained = 0;
    std::size_t held = 0;
    std::vector<std::size_t> of_level(level_rows.size(), 0);
    for (std::size_t k = 0; k < rows; ++k) {
      const std::size_t i = order[k].second;
      const std::size_t level = level_of(i);
      const std::size_t row = design.rows[i];
      if (k % kParts == s && level_rows[level] >= kRare) {
        splits[s].held[row] = held++ < kMostHeld ? 1 : 0;
      } else if (trained < kMostTrained || (has_levels(family) && of_level[level] < kRare)) {
        splits[s].train[row] = 1;
        ++trained;
        ++of_level[level];
      }
    }
  }
  return splits;
}

std::string NetworkTrial::words() const {
  std::string text;
  for (const int width : layers) text += (text.empty() ? "c(" : ", ") + std::to_string(width);
  return text + ") " + activation + (knots == 0 ? "" : " with " + std::to_string(knots) + " knots");
}

double NetworkTrial::size() const {
  double size = 0;
  auto below = static_cast<double>(inputs);
  for (const int width : layers) {
    size += (below + 1) * width;
    below = width;
  }
  return size + below;
}

NetworkTrials::NetworkTrials(const ModelSpec& model, const FitJob& job, const Watch& watch,
                             const std::vector<NetworkTrial>& planned)
    : model_(model), job_(job), watch_(watch), splits_(make_splits(job.design, job.family, *job.run.seed)) {
  std::erase_if(splits_, [](const Split& split) { return std::count(split.held.begin(), split.held.end(), 1) == 0; });
  for (const NetworkTrial& network : planned) planned_ += network.size();
}

double NetworkTrials::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
}

void NetworkTrials::try_all(std::vector<NetworkTrial>& networks) {
  if (splits_.empty())
    throw DataError("`auto` holds rows out to choose a network by, for which " + std::to_string(job_.design.size()) +
                    (job_.design.size() == 1 ? " row is" : " rows are") +
                    " too few; state what deep() leaves to the program: layers, activation, knots");
  const auto scored = [](const NetworkTrial& network) { return network.scored(); };
  for (NetworkTrial& network : networks) {
    const bool any = std::any_of(networks.begin(), networks.end(), scored);
    const bool late = any && job_.run.max_seconds > 0 && seconds() > job_.run.max_seconds / 4;
    if (!late) score_once(network);
  }
  if (std::none_of(networks.begin(), networks.end(), scored)) std::rethrow_exception(refusal_);
}

void NetworkTrials::try_each(std::vector<NetworkTrial>& networks) {
  bounded_ = job_.run.max_seconds > 0;
  for (NetworkTrial& network : networks) {
    if (splits_.empty())
      network.refusal = "there are too few rows of each level of the response";
    else
      score_once(network);
  }
}

bool NetworkTrials::out_of_time() const { return bounded_ && seconds() > job_.run.max_seconds / 4; }

void NetworkTrials::score_once(NetworkTrial& network) {
  if (network.scored()) return;
  score(network);
  tried_ += network.size();
}

void NetworkTrials::score(NetworkTrial& network) {
  const double share = network.size() / static_cast<double>(splits_.size());
  for (std::size_t s = 0; s < splits_.size(); ++s) {
    try {
      score(network, splits_[s], tried_ + share * static_cast<double>(s), share);
    } catch (const DeviceError&) {
      throw;
    } catch (const Error& error) {
      network.scores.clear();
      network.refusal = error.what();
      refusal_ = std::current_exception();
      return;
    }
  }
}

void NetworkTrials::score(NetworkTrial& network, const Split& split, double from, double share) {
  const Table& table = model_.data.table();
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < split.train.size(); ++row)
    if (split.train[row] != 0) rows.push_back(row);
  FitJob trial;
  // Groups of other rows are new ones to the fit.
  trial.frame = with_groups_of(table, rows, job_.frame);
  trial.frame.formulas = with_network(trial.frame.formulas, network.layers, network.activation, network.knots);
  find_input_ramps(trial.frame, *trial.frame.formula().deep, table, rows);
  trial.design = make_design(trial.frame, table, {.rows = split.train});
  trial.family = job_.family;
  trial.model = job_.model;
  trial.run = job_.run;
  trial.run.chains = kChains;
  trial.run.warmup = trial.run.draws = std::min(kMostSweeps, std::max(job_.run.warmup, job_.run.draws));
  trial.run.thin = 1;
  trial.run.save = {};
  trial.run.save_effects = "all";
  trial.run.until_ess = trial.run.max_seconds = 0;
  bool on = true;
  const Watch watch{[&](const Progress& p) {
                      if (!watch_.report || p.phase == "saved") return true;
                      Progress own{.phase = "choosing a network", .seconds = seconds()};
                      const bool sweeping = p.phase != "warm start" && p.total > 0;
                      const double done = sweeping ? static_cast<double>(p.sweeps) / static_cast<double>(p.total) : 0;
                      own.total = 100;
                      own.least_effective_draws = [] { return std::optional<double>(); };
                      own.sweeps = std::min(std::llround(100 * (from + share * done) / planned_), 99LL);
                      return on = watch_.report(own);
                    },
                    [this] { return (watch_.stop && watch_.stop()) || out_of_time(); }};
  const auto draws = run_in_memory(std::move(trial), watch);
  if (!on || (watch_.stop && watch_.stop())) throw Stopped();
  if (out_of_time()) throw ModelError("they take more than a quarter of the run's time");
  const StopRequest stop = watch_.stop ? watch_.stop : [] { return false; };
  const StopScope scope(stop);
  PredictorOptions options;
  options.threads = job_.run.threads;
  const Predictor predictor(*draws, options);
  const Design held = make_design(predictor.frame(), table, {.rows = split.held});
  const bool frequencies = describe(job_.family).weight == WeightKind::frequency;
  const std::vector<RowScore> scores = score_rows(predictor, held);
  for (Eigen::Index i = 0; i < held.size(); ++i) {
    const double weight = frequencies ? held.weights[i] : 1;
    network.scores.push_back(weight * scores[static_cast<std::size_t>(i)].log_score);
    network.weight += weight;
  }
}

std::shared_ptr<MemoryDraws> run_in_memory(FitJob job, const Watch& watch) {
  std::shared_ptr<MemoryDraws> draws;
  run_fit(
      std::move(job),
      [&](FitLayout layout) -> DrawSink& {
        draws = std::make_shared<MemoryDraws>(std::move(layout));
        return *draws;
      },
      watch);
  return draws;
}

}  // namespace bdglm
