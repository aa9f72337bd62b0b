// Chains at the same time: two on two threads, 1 to 64 of a small model, and the sweeps and draws of hierarchical and
// logistic models that benchmarks/peer_numpyro.py measures a peer by.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "synthetic.hpp"

namespace {

using namespace bdglm;
using namespace bdglm::bench;
using Json = nlohmann::ordered_json;

/// f(chain) for every chain, on as many threads.
template <class F>
void for_chains(int chains, const Backend& backend, F&& f) {
  std::vector<std::thread> threads;
  for (int c = 0; c < chains; ++c)
    threads.emplace_back([&, c] {
      f(c);
      backend.finish();
    });
  for (std::thread& thread : threads) thread.join();
}

/// Runs chains of a model; draws of (fixed effects, sd of the groups) after the warm-up go to `draws`, chain after
/// chain.
double seconds_of_chains(const Setting& setting, int chains, int warmup, int sweeps, std::vector<float>* draws) {
  std::vector<Chain> started;
  for (int c = 0; c < chains; ++c) started.push_back(setting.start(static_cast<std::uint32_t>(c)));
  const Backend& backend = setting.context.backend;
  backend.finish();
  std::vector<std::vector<float>> drawn(started.size());
  const double seconds = median_seconds(1, [&] {
    for_chains(chains, backend, [&](int c) {
      const auto k = static_cast<std::size_t>(c);
      auto& [sweep, state] = started[k];
      for (int s = 0; s < sweeps; ++s) {
        sweep.run(state, setting.context,
                  {{1, static_cast<std::uint32_t>(c), static_cast<std::uint32_t>(s), Site::latents, 0}, warmup});
        if (s < warmup || draws == nullptr) continue;
        const RowMatrix theta = backend.download(state.theta);
        for (Eigen::Index j = 0; j < theta.size(); ++j) drawn[k].push_back(static_cast<float>(theta.data()[j]));
        for (const Eigen::MatrixXd& covariance : state.covariance)
          drawn[k].push_back(static_cast<float>(std::sqrt(covariance(0, 0))));
      }
    });
  });
  if (draws != nullptr)
    for (const std::vector<float>& chain : drawn) draws->insert(draws->end(), chain.begin(), chain.end());
  return seconds;
}

/// The draws as raw 32-bit floats: chains x draws x parameters.
void write_draws(const std::string& path, const std::vector<float>& draws) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(draws.data()), static_cast<std::streamsize>(draws.size() * sizeof(float)));
}

Json hierarchical(const Backend& backend, Eigen::Index groups, const std::string& folder) {
  const Setting setting({Family::bernoulli, 100000, 2, 0, {}, groups}, backend);
  std::vector<float> draws;
  const double seconds = seconds_of_chains(setting, 4, 1000, 3000, &draws);
  if (!folder.empty()) write_draws(folder + "/hierarchical_" + std::to_string(groups) + ".f32", draws);
  std::printf("hierarchical Bernoulli, n = 100,000, %td groups: 4 chains of 3,000 sweeps in %.3f s\n", groups, seconds);
  std::fflush(stdout);
  return {{"groups", groups}, {"chains", 4}, {"warmup", 1000}, {"sweeps", 3000}, {"seconds", seconds}};
}

Json logistic(const Backend& backend, Eigen::Index rows, const std::string& folder) {
  const Setting setting({Family::bernoulli, rows, 100}, backend);
  std::vector<float> draws;
  const double seconds = seconds_of_chains(setting, 4, 300, 800, &draws);
  if (!folder.empty()) write_draws(folder + "/logistic.f32", draws);
  std::printf("logistic, n = %td, p = 100: 4 chains of 800 sweeps in %.3f s\n", rows, seconds);
  std::fflush(stdout);
  return {{"rows", rows}, {"chains", 4}, {"warmup", 300}, {"sweeps", 800}, {"seconds", seconds}};
}

Json curve(const Backend& backend) {
  const Setting setting({Family::bernoulli, 2000, 3, 0, {}, 60}, backend);
  Json points = Json::array();
  for (const int chains : {1, 4, 16, 64}) {
    const double seconds = seconds_of_chains(setting, chains, 0, 300, nullptr);
    std::printf("%d chains, n = 2,000, 60 groups: 300 sweeps in %.3f s\n", chains, seconds);
    std::fflush(stdout);
    points.push_back({{"chains", chains}, {"sweeps", 300}, {"seconds", seconds}});
  }
  return points;
}

/// The deep model's gradient by two chains, one after the other and at the same time on two threads.
Json threads(const Backend& backend) {
  const Setting setting({Family::bernoulli, 60000, 1, 784, {256, 128}}, backend);
  std::vector<Chain> started;
  for (std::uint32_t c = 0; c < 2; ++c) started.push_back(setting.start(c));
  backend.finish();
  const auto gradient = [&](int c) {
    State& state = started[static_cast<std::size_t>(c)].state;
    Matrix& out = state.workspace.matrix(backend, "gradient", setting.model.shape.size(), 1);
    backend.gradient(setting.context.network(state), state.theta, state.base, state.likelihood, out, state.scratch);
    backend.finish();
  };
  std::vector<double> ratios;
  for (int repeat = 0; repeat < 5; ++repeat) {
    const double in_turn = median_seconds(1, [&] {
      gradient(0);
      gradient(1);
    });
    const double at_once = median_seconds(1, [&] { for_chains(2, backend, gradient); });
    ratios.push_back(in_turn / at_once);
  }
  std::nth_element(ratios.begin(), ratios.begin() + 2, ratios.end());
  std::printf("deep model: two chains' gradients on two threads are %.2f times as fast as in turn\n", ratios[2]);
  return ratios[2];
}

}  // namespace

/// chains_benchmark [cpu|cuda] [hierarchical|logistic|curve|threads ...] [--out FOLDER]
int main(int argc, char** argv) {
  const Arguments arguments(argc, argv, "--out");
  const std::string& folder = arguments.value;
  const std::shared_ptr<const Backend> backend = open_backend(arguments.device, {}).backend;
  Json report = {{"device", arguments.device}};
  if (arguments.wants("threads")) report["threads_ratio"] = threads(*backend);
  if (arguments.wants("curve")) report["curve"] = curve(*backend);
  if (arguments.wants("hierarchical"))
    for (const Eigen::Index groups : {8, 100, 15000})
      report["hierarchical"].push_back(hierarchical(*backend, groups, folder));
  if (arguments.wants("logistic")) report["logistic"] = logistic(*backend, 1000000, folder);
  if (!folder.empty()) std::ofstream(folder + "/chains.json") << report.dump(1) << '\n';
  return 0;
}
