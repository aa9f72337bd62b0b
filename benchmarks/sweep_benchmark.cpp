// Seconds of each operation of a sweep over the least that its flops, bytes and draws cost on this machine: a product
// of matrices, a copy and Pólya-Gamma draws are measured in the same run, on the same device.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "counting_backend.hpp"
#include "synthetic.hpp"

namespace {

using namespace bdglm;
using namespace bdglm::bench;
using Json = nlohmann::ordered_json;

struct Machine {
  double flops, bytes, draws;  ///< a second
};

Machine measure(const Backend& backend) {
  const auto seconds = [&](auto&& f) {
    return median_seconds(15, [&] {
      f();
      backend.finish();
    });
  };
  Machine machine{};
  const Eigen::Index size = backend.name() == "cpu" ? 1024 : 4096;
  Network network;
  network.shape.inputs = static_cast<int>(size);
  network.shape.widths = {static_cast<int>(size)};
  const Matrix a = backend.uploaded(RowMatrix::Constant(size, size, 0.5));
  const Matrix theta = backend.uploaded(RowMatrix::Constant(network.shape.size(), 1, 0.25));
  Matrix product = backend.allocate(size, size);
  machine.flops =
      2 * std::pow(static_cast<double>(size), 3) / seconds([&] { backend.layer_mean(network, theta, 0, a, product); });
  const Matrix from = backend.allocate(1 << 24, 1);
  Matrix to = backend.allocate(1 << 24, 1);
  machine.bytes = 16.0 * static_cast<double>(from.size()) / seconds([&] { backend.copy(from, to); });
  const Eigen::Index n = backend.name() == "cpu" ? 1 << 18 : 1 << 24;
  const Likelihood likelihood{Family::bernoulli, backend.allocate(n, 1), backend.uploaded(RowMatrix::Ones(n, 1))};
  Matrix eta = backend.allocate(n, 1);
  backend.draw_normal({1, 0, 0, Site::simulation, 0}, eta);
  backend.axpy(1, eta, eta);
  Matrix omega = backend.allocate(n, 1);
  Matrix kappa = backend.allocate(n, 1);
  machine.draws = static_cast<double>(n) / seconds([&] {
                    backend.draw_latents(likelihood, eta, 0, {1, 0, 0, Site::simulation, 1}, omega, kappa);
                  });
  return machine;
}

struct Case {
  const char* name;
  const char* title;
  Shape shape;
  int sweeps;
};

const std::vector<Case> kCases = {
    {"glm", "logistic, n = 100,000, p = 100", {Family::bernoulli, 100000, 100}, 80},
    {"glmm", "logistic, n = 100,000, p = 100, 1,000 groups", {Family::bernoulli, 100000, 100, 0, {}, 1000}, 40},
    {"gaussian", "Gaussian, n = 100,000, p = 100, 1,000 groups", {Family::gaussian, 100000, 100, 0, {}, 1000}, 40},
    {"million", "logistic, n = 1,000,000, p = 4, 40,000 groups", {Family::bernoulli, 1000000, 4, 0, {}, 40000}, 16},
    {"counts", "the same by a Poisson's moves", {Family::poisson, 1000000, 4, 0, {}, 40000}, 16},
    {"deep", "logistic, n = 60,000, (784, 256, 128)", {Family::bernoulli, 60000, 1, 784, {256, 128}}, 1},
    {"noise", "the same with layer noise .01", {Family::bernoulli, 60000, 1, 784, {256, 128}, 0, 0.01}, 1},
};

Json run(const Case& test, const std::shared_ptr<const Backend>& backend, const Machine& machine) {
  const auto counting = std::make_shared<CountingBackend>(backend);
  const Setting setting(test.shape, *counting);
  auto [sweep, state] = setting.start(0);
  const auto sweep_at = [&, &sweep = sweep, &state = state](int s) {
    sweep.run(state, setting.context, {{1, 0, static_cast<std::uint32_t>(s), Site::latents, 0}, test.sweeps});
  };
  // All updates run in sweep 0 and 8; the first sweeps allocate.
  sweep_at(0);
  if (test.sweeps > 1)
    for (int s = 1; s < 8; ++s) sweep_at(s);
  counting->reset();
  sweep.clear_record();
  rusage before{};
  getrusage(RUSAGE_SELF, &before);
  const double total = median_seconds(1, [&] {
    for (int s = 0; s < test.sweeps; ++s) sweep_at(8 + s);
  });
  rusage after{};
  getrusage(RUSAGE_SELF, &after);
  const double count = test.sweeps;
  std::printf(
      "\n%s (%s): %.5f s a sweep of %d, %.1f steps a gradient move, %.0f allocations and %.0f page "
      "faults a sweep\n",
      test.name, test.title, total / count, test.sweeps,
      sweep.record().steps / std::max(1.0, static_cast<double>(sweep.record().moves)),
      static_cast<double>(counting->allocations()) / count,
      static_cast<double>(after.ru_minflt - before.ru_minflt) / count);
  std::printf("%-22s %8s %12s %12s %8s %7s\n", "operation", "calls", "s a sweep", "floor", "ratio", "share");
  double floors = 0;
  std::vector<std::pair<std::string, Cost>> costs(counting->costs().begin(), counting->costs().end());
  std::sort(costs.begin(), costs.end(),
            [](const auto& a, const auto& b) { return a.second.seconds > b.second.seconds; });
  for (const auto& [name, cost] : costs) {
    const double floor =
        std::max(cost.product_flops / machine.flops, cost.bytes / machine.bytes) + cost.draws / machine.draws;
    floors += floor;
    if (cost.seconds < 0.002 * total) continue;
    std::printf("%-22s %8.1f %12.6f %12.6f %8.2f %6.1f%%\n", name.c_str(), static_cast<double>(cost.calls) / count,
                cost.seconds / count, floor / count, cost.seconds / floor, 100 * cost.seconds / total);
  }
  std::printf("%-22s %8s %12.6f %12.6f %8.2f\n", "whole sweep", "", total / count, floors / count, total / floors);
  std::fflush(stdout);
  return {{"case", test.name},
          {"seconds_per_sweep", total / count},
          {"floor_seconds", floors / count},
          {"ratio", total / floors},
          {"allocations_per_sweep", static_cast<double>(counting->allocations()) / count}};
}

}  // namespace

/// sweep_benchmark [cpu|cuda] [case ...] [--json FILE]
int main(int argc, char** argv) {
  const Arguments arguments(argc, argv, "--json");
  const std::string& device = arguments.device;
  const std::shared_ptr<const Backend> backend = open_backend(device, {}).backend;
  const Machine machine = measure(*backend);
  std::printf("%s: products %.1f GFlop/s, copies %.1f GB/s, PG(1, z), z ~ N(0, 2^2), %.1f M draws/s\n", device.c_str(),
              machine.flops * 1e-9, machine.bytes * 1e-9, machine.draws * 1e-6);
  Json report = {{"device", device},
                 {"product_flops_per_second", machine.flops},
                 {"copy_bytes_per_second", machine.bytes},
                 {"polya_gamma_draws_per_second", machine.draws},
                 {"cases", Json::array()}};
  for (const Case& test : kCases) {
    if (arguments.wants(test.name)) report["cases"].push_back(run(test, backend, machine));
  }
  if (!arguments.value.empty()) std::ofstream(arguments.value) << report.dump(1) << '\n';
  return 0;
}
