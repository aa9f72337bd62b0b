// Choosing a network by the log score of held-out rows in short fits.
#include "api/network_choice.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <set>

#include "api/network_trials.hpp"
#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "design/input_scaling.hpp"

namespace bdglm {
namespace {

/// Of mean log scores: less is within the Monte Carlo error of short fits, and not worth a larger network.
constexpr double kTie = 0.002;

/// In the order of their cost.
const std::vector<std::vector<int>> kLayers = {{16}, {50}, {32, 32}, {100}, {64, 64}};
/// Beside none, and as many as a network has unasked.
const std::vector<int> kKnots = {4, 16};
const std::vector<std::string> kActivations = {"mixed", "relu", "tanh"};
const std::vector<std::string> kActivationsWithNoise = {"relu", "leaky_relu", "abs"};

/// Which of the layers activations are tried with.
constexpr std::size_t kFirstLayers = 1;

/// A numbered scale means another layer's weights in every network that is tried.
void refuse_numbered_scales(const ModelSpec& model) {
  const std::string name = "weight_scale";
  for (const std::string& text : model.priors) {
    const std::string scale = parse_prior(text).name;
    if (scale.rfind(name, 0) != 0 || scale.size() == name.size()) continue;
    const char next = scale[name.size()];
    if (next == '[' ? std::isdigit(static_cast<unsigned char>(scale[name.size() + 1])) != 0
                    : std::isdigit(static_cast<unsigned char>(next)) != 0)
      throw ModelError(
          "prior of '" + scale +
          "': with layers = auto it is not known which layer that is; give one of all, 'weight_scale', or " +
          "state the layers");
  }
}

const NetworkTrial& best_of(const std::vector<NetworkTrial>& networks) {
  const NetworkTrial* best = &networks.front();
  for (const NetworkTrial& network : networks)
    if (network.scored() && (!best->scored() || network.mean() > best->mean())) best = &network;
  return *best;
}

/// The network with knots where it is better by more than a tie: it costs a few times as much.
const NetworkTrial& better_of(const NetworkTrial& without, const NetworkTrial& with) {
  if (!without.scored() || !with.scored()) return with.scored() ? with : without;
  return with.mean() > without.mean() + kTie ? with : without;
}

/// By `smallest_within_error`; the networks are in the order of their cost.
const NetworkTrial& smallest_of(const std::vector<NetworkTrial>& networks) {
  std::vector<std::vector<double>> scores;
  std::vector<const NetworkTrial*> scored;
  for (const NetworkTrial& network : networks) {
    if (!network.scored()) continue;
    scored.push_back(&network);
    scores.push_back(network.scores);
  }
  return *scored[smallest_within_error(scores, scored.front()->weight)];
}

std::string note_of(const NetworkTrial& chosen, const std::vector<NetworkTrial>& networks) {
  if (!chosen.scored())
    return "network " + chosen.words() +
           " without knots: short fits of part of the rows, which tell whether knots predict better, cannot be made (" +
           chosen.refusal + "); to have some, state knots";
  std::string scores;
  std::string late;
  std::string refused;
  const auto add = [](std::string& list, const std::string& more) { list += (list.empty() ? "" : ", ") + more; };
  for (const NetworkTrial& network : networks) {
    char score[32];
    if (network.scored()) std::snprintf(score, sizeof score, " %.4f", network.mean());
    if (network.scored())
      add(scores, network.words() + score);
    else if (network.refusal.empty())
      add(late, network.words());
    else
      add(refused, network.words() + " (" + network.refusal + ")");
  }
  return "network " + chosen.words() + ", chosen by the log score a row of " + std::to_string(chosen.scores.size()) +
         " held-out rows in short fits: " + scores + (late.empty() ? "" : "; not tried for want of time: " + late) +
         (refused.empty() ? "" : "; not fitted: " + refused);
}

}  // namespace

std::size_t smallest_within_error(const std::vector<std::vector<double>>& scores, double weight) {
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
    if (sum <= std::max(std::sqrt(variance), kTie * weight)) return c;
  }
  return static_cast<std::size_t>(best - scores.begin());
}

FitJob make_chosen_job(const ModelSpec& model, const RunOptions& run, const Watch& watch) {
  FitJob job = make_job(model, run);
  const Formula formula = job.frame.formula();
  if (!formula.deep) return job;
  const DeepTerm& deep = *formula.deep;
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < job.design.rows.size(); ++i)
    if (job.design.weights[static_cast<Eigen::Index>(i)] > 0) rows.push_back(job.design.rows[i]);
  if (deep.choose_layers) refuse_numbered_scales(model);
  const auto columns = [&](int knots) {
    Frame frame = job.frame;
    DeepTerm network = deep;
    network.knots = knots;
    find_input_ramps(frame, network, model.data.table(), rows);
    return input_groups(frame).columns();
  };
  const std::vector<std::string>& activations =
      job.model.layer_noise.kind == LayerNoise::Kind::zero ? kActivations : kActivationsWithNoise;
  const int usual = knots_of(deep, job.frame, rows.size());
  const bool tries_knots = deep.choose_knots || (!deep.knots && usual > 0);
  if (!deep.to_choose() && !tries_knots) return job;
  const int knots = tries_knots ? 0 : usual;
  const int inputs = columns(knots);
  std::vector<NetworkTrial> networks;
  for (const std::string& activation : deep.choose_activation ? activations : std::vector<std::string>{deep.activation})
    networks.push_back({deep.choose_layers ? kLayers[kFirstLayers] : deep.layers, activation, knots, inputs});
  std::vector<NetworkTrial> planned = networks;
  for (std::size_t k = 0; deep.choose_layers && k < kLayers.size(); ++k)
    if (k != kFirstLayers) planned.push_back({kLayers[k], activations.front(), knots, inputs});
  // Numbers of few values have as many ramps with more knots.
  std::vector<NetworkTrial> with_knots;
  std::set<int> candidates = {usual};
  if (deep.choose_knots) candidates.insert(kKnots.begin(), kKnots.end());
  for (const int more : tries_knots ? candidates : std::set<int>()) {
    const int width = columns(more);
    if (width > (with_knots.empty() ? inputs : with_knots.back().inputs))
      with_knots.push_back({networks.front().layers, activations.front(), more, width});
  }
  if (!deep.to_choose() && with_knots.empty()) return job;
  planned.insert(planned.end(), with_knots.begin(), with_knots.end());
  NetworkTrials trials(model, job, watch, planned);
  if (deep.to_choose()) trials.try_all(networks);
  NetworkTrial chosen = best_of(networks);
  if (deep.choose_layers) {
    std::vector<NetworkTrial> layers;
    for (std::size_t k = 0; k < kLayers.size(); ++k)
      layers.push_back(k == kFirstLayers ? chosen : NetworkTrial{kLayers[k], chosen.activation, knots, inputs});
    trials.try_all(layers);
    chosen = smallest_of(layers);
    for (std::size_t k = 0; k < kLayers.size(); ++k)
      if (k != kFirstLayers) networks.push_back(layers[k]);
  }
  if (!with_knots.empty()) {
    for (NetworkTrial& network : with_knots) {
      network.layers = chosen.layers;
      network.activation = chosen.activation;
    }
    with_knots.insert(with_knots.begin(), chosen);
    if (deep.to_choose())
      trials.try_all(with_knots);
    else
      trials.try_each(with_knots);
    chosen = deep.choose_knots ? smallest_of(with_knots) : better_of(with_knots.front(), with_knots.back());
    if (!deep.to_choose()) networks.clear();
    const auto first = with_knots.begin() + (deep.to_choose() ? 1 : 0);
    networks.insert(networks.end(), first, with_knots.end());
  }
  ModelSpec with = model;
  std::vector<std::string> formulas = {model.formula};
  formulas.insert(formulas.end(), model.predictor_formulas.begin(), model.predictor_formulas.end());
  formulas = with_network(std::move(formulas), chosen.layers, chosen.activation, chosen.knots);
  with.formula = formulas.front();
  with.predictor_formulas.assign(formulas.begin() + 1, formulas.end());
  RunOptions rest = run;
  rest.seed = job.run.seed;
  if (run.max_seconds > 0) rest.max_seconds = std::max(run.max_seconds - trials.seconds(), 0.5 * run.max_seconds);
  FitJob result = make_job(with, rest);
  result.design.notes.push_back(note_of(chosen, networks));
  return result;
}

}  // namespace bdglm
