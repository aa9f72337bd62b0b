// Choosing a network by the log score of held-out rows in short fits.
#include "api/network_choice.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <numeric>

#include "bdglm/error.hpp"
#include "design/design_table.hpp"
#include "posterior/evaluate.hpp"

namespace bdglm {
namespace {

constexpr int kChains = 2;
constexpr int kSweeps = 100;  ///< of the warm-up, and as many draws
/// The most rows that a short fit and its score take: more cost time and hardly change the order of networks.
constexpr std::size_t kMostTrained = 5000, kMostHeld = 2000;

/// Of log scores a row: less is within the Monte Carlo error of short fits, and not worth a larger network.
constexpr double kTolerance = 0.002;

/// Table rows to fit and to score.
struct Split {
  std::vector<char> train, held;
};

/// A fifth of the rows is held out, of few rows another one several times.
std::vector<Split> make_splits(const Design& design, std::uint64_t seed) {
  constexpr std::size_t kParts = 5;
  const std::size_t rows = design.rows.size();
  const std::size_t count = rows <= 500 ? 3 : rows <= 2000 ? 2 : 1;
  std::vector<std::pair<double, std::size_t>> order;
  for (const std::size_t row : design.rows) {
    Stream stream({seed, 0, 0, Site::network_choice, 0}, static_cast<std::uint32_t>(row));
    order.emplace_back(stream.uniform53(), row);
  }
  std::sort(order.begin(), order.end());
  std::vector<Split> splits(count, {std::vector<char>(design.table_rows, 0), std::vector<char>(design.table_rows, 0)});
  for (std::size_t s = 0; s < count; ++s) {
    std::size_t trained = 0;
    std::size_t held = 0;
    for (std::size_t k = 0; k < rows; ++k) {
      if (k % kParts == s) {
        splits[s].held[order[k].second] = held++ < kMostHeld ? 1 : 0;
      } else {
        splits[s].train[order[k].second] = trained++ < kMostTrained ? 1 : 0;
      }
    }
  }
  return splits;
}

/// Weighted log scores of the held-out rows, split by split, and their weights.
struct Scores {
  std::vector<double> values;
  double weight = 0;

  double mean() const { return std::accumulate(values.begin(), values.end(), 0.0) / weight; }
};

struct Candidate {
  std::vector<int> layers;
  std::string activation;
  Scores scores;

  bool scored() const { return !scores.values.empty(); }
  std::string words() const {
    std::string text;
    for (const int width : layers) text += (text.empty() ? "c(" : ", ") + std::to_string(width);
    return text + ") " + activation;
  }
};

/// The best of networks of one size.
const Candidate& best_of(const std::vector<Candidate>& candidates) {
  return *std::max_element(candidates.begin(), candidates.end(),
                           [](const Candidate& a, const Candidate& b) { return a.scores.mean() < b.scores.mean(); });
}

/// By `smallest_within_error`; the candidates are in the order of their cost.
const Candidate& smallest_of(const std::vector<Candidate>& candidates) {
  std::vector<std::vector<double>> scores;
  for (const Candidate& c : candidates) scores.push_back(c.scores.values);
  return candidates[smallest_within_error(scores)];
}

/// Tries networks of one model on the same splits.
class Choice {
 public:
  Choice(const ModelSpec& model, const FitJob& job, const Watch& watch)
      : model_(model), job_(job), watch_(watch), splits_(make_splits(job.design, *job.run.seed)) {}

  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count(); }

  /// Those of the candidates that have scores or that there is time for, one at least, with their scores. Rethrows the
  /// last error where none can be fitted.
  std::vector<Candidate> try_all(std::vector<Candidate> candidates, std::size_t trials) {
    bool any = std::any_of(candidates.begin(), candidates.end(), [](const Candidate& c) { return c.scored(); });
    std::vector<Candidate> result;
    for (Candidate& candidate : candidates) {
      const bool late = any && job_.run.max_seconds > 0 && seconds() > job_.run.max_seconds / 4;
      if (!candidate.scored() && !late) {
        score(candidate, trials);
        ++tried_;
      }
      if (!candidate.scored()) continue;
      any = true;
      result.push_back(candidate);
    }
    if (result.empty()) std::rethrow_exception(refusal_);
    return result;
  }

 private:
  /// Leaves the candidate without scores where a part of the rows does not fit the model, or none of them can be
  /// fitted.
  void score(Candidate& candidate, std::size_t trials) {
    for (std::size_t s = 0; s < splits_.size(); ++s) {
      try {
        score(candidate, splits_[s],
              static_cast<double>(tried_ * splits_.size() + s) / static_cast<double>(trials * splits_.size()),
              1.0 / static_cast<double>(trials * splits_.size()));
      } catch (const Error&) {
        candidate.scores = {};
        refusal_ = std::current_exception();
        return;
      }
    }
  }

  void score(Candidate& candidate, const Split& split, double from, double share) {
    FitJob trial;
    trial.frame = job_.frame;
    trial.frame.formulas = with_network(trial.frame.formulas, candidate.layers, candidate.activation);
    const Table& table = model_.data.table();
    trial.design = make_design(trial.frame, table, {.rows = split.train});
    trial.family = job_.family;
    trial.model = job_.model;
    trial.run = job_.run;
    trial.run.chains = kChains;
    trial.run.warmup = trial.run.draws = kSweeps;
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
                        own.sweeps = std::llround(100 * (from + share * done));
                        return on = watch_.report(own);
                      },
                      watch_.stop};
    const auto draws = run_in_memory(std::move(trial), watch);
    if (!on || (watch_.stop && watch_.stop())) throw Stopped();
    const StopRequest stop = watch_.stop ? watch_.stop : [] { return false; };
    const StopScope scope(stop);
    PredictorOptions options;
    options.threads = job_.run.threads;
    const Predictor predictor(*draws, options);
    const Design held = make_design(predictor.frame(), table, {.rows = split.held});
    const bool frequencies = describe(job_.family).weight == WeightKind::frequency;
    const std::vector<RowScore> scores = score_rows(predictor, held);
    for (Eigen::Index i = 0; i < held.size(); ++i) {
      const double weight = frequencies ? held.weights[i] : held.weights[i] > 0 ? 1 : 0;
      if (weight == 0) continue;
      candidate.scores.values.push_back(weight * scores[static_cast<std::size_t>(i)].log_score);
      candidate.scores.weight += weight;
    }
  }

  const ModelSpec& model_;
  const FitJob& job_;
  const Watch& watch_;
  std::vector<Split> splits_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::size_t tried_ = 0;
  std::exception_ptr refusal_;
};

}  // namespace

std::size_t smallest_within_error(const std::vector<std::vector<double>>& scores) {
  const auto sum_of = [](const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0);
  };
  const auto best = std::max_element(scores.begin(), scores.end(),
                                     [&](const auto& a, const auto& b) { return sum_of(a) < sum_of(b); });
  for (std::size_t c = 0; c < scores.size(); ++c) {
    const auto n = static_cast<double>(scores[c].size());
    double sum = 0;
    double squares = 0;
    for (std::size_t i = 0; i < scores[c].size(); ++i) {
      const double lost = (*best)[i] - scores[c][i];
      sum += lost;
      squares += lost * lost;
    }
    const double variance = std::max(squares - sum * sum / n, 0.0) * n / std::max(n - 1, 1.0);
    if (sum <= std::max(std::sqrt(variance), kTolerance * n)) return c;
  }
  return static_cast<std::size_t>(best - scores.begin());
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

FitJob make_chosen_job(const ModelSpec& model, const RunOptions& run, const Watch& watch) {
  FitJob job = make_job(model, run);
  const Formula formula = job.frame.formula();
  if (!formula.deep || !formula.deep->to_choose()) return job;
  const DeepTerm& deep = *formula.deep;
  // In the order of their cost.
  const std::vector<std::vector<int>> layers = {{16}, {50}, {32, 32}, {100}, {64, 64}};
  const std::vector<std::string> activations = {"relu", "tanh", "silu"};
  std::vector<Candidate> candidates;
  for (const std::string& activation : activations)
    if (deep.choose_activation || activation == activations.front())
      candidates.push_back(
          {deep.choose_layers ? layers[1] : deep.layers, deep.choose_activation ? activation : deep.activation, {}});
  const std::size_t trials = candidates.size() + (deep.choose_layers ? layers.size() - 1 : 0);
  Choice choice(model, job, watch);
  candidates = choice.try_all(std::move(candidates), trials);
  Candidate best = best_of(candidates);
  std::vector<Candidate> told = candidates;
  if (deep.choose_layers) {
    std::vector<Candidate> wider;
    for (const std::vector<int>& widths : layers)
      wider.push_back(widths == best.layers ? best : Candidate{widths, best.activation, {}});
    wider = choice.try_all(std::move(wider), trials);
    best = smallest_of(wider);
    for (const Candidate& c : wider)
      if (std::none_of(told.begin(), told.end(), [&](const Candidate& t) { return t.words() == c.words(); }))
        told.push_back(c);
  }
  ModelSpec with = model;
  std::vector<std::string> formulas = {model.formula};
  formulas.insert(formulas.end(), model.predictor_formulas.begin(), model.predictor_formulas.end());
  formulas = with_network(std::move(formulas), best.layers, best.activation);
  with.formula = formulas.front();
  with.predictor_formulas.assign(formulas.begin() + 1, formulas.end());
  RunOptions rest = run;
  rest.seed = job.run.seed;
  if (run.max_seconds > 0) rest.max_seconds = std::max(run.max_seconds - choice.seconds(), 0.5 * run.max_seconds);
  FitJob result = make_job(with, rest);
  std::string note = "network " + best.words() + ", chosen by the log score a row of " +
                     std::to_string(best.scores.values.size()) + " held-out rows in short fits: ";
  for (const Candidate& c : told) {
    char text[32];
    std::snprintf(text, sizeof text, " %.4f", c.scores.mean());
    note += (note.back() == ' ' ? "" : ", ") + c.words() + text;
  }
  result.design.notes.push_back(note);
  return result;
}

}  // namespace bdglm
