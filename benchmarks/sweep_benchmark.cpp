// Seconds of each operation of a sweep over the least that its flops, bytes and draws cost on this machine: a product
// of matrices, a copy and Pólya-Gamma draws are measured in the same run.
#include <sys/resource.h>

#include <Eigen/Core>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

#include "bdglm/inference/sweep.hpp"
#include "counting_backend.hpp"

namespace {

using namespace bdglm;
using namespace bdglm::bench;

/// The median time of `repeats` calls, in seconds.
template <class F>
double median_seconds(int repeats, F&& f) {
  std::vector<double> seconds;
  for (int r = 0; r < repeats; ++r) {
    const auto start = std::chrono::steady_clock::now();
    f();
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + repeats / 2, seconds.end());
  return seconds[static_cast<std::size_t>(repeats / 2)];
}

struct Machine {
  double flops, bytes, draws;  ///< a second
};

Machine measure(const Backend& backend) {
  Machine machine{};
  const RowMatrix a = RowMatrix::Random(1024, 1024);
  RowMatrix c(1024, 1024);
  machine.flops = 2.0 * 1024 * 1024 * 1024 / median_seconds(15, [&] { c.noalias() = a * a; });
  std::vector<double> from(1 << 24, 1.0);
  std::vector<double> to(from);
  machine.bytes = 16.0 * static_cast<double>(from.size()) /
                  median_seconds(15, [&] { std::memcpy(to.data(), from.data(), from.size() * sizeof(double)); });
  const Eigen::Index n = 1 << 18;
  const Likelihood likelihood{Family::bernoulli, backend.allocate(n, 1), backend.uploaded(RowMatrix::Ones(n, 1))};
  Matrix eta = backend.allocate(n, 1);
  backend.draw_normal({1, 0, 0, Site::simulation, 0}, eta);
  Matrix omega = backend.allocate(n, 1);
  Matrix kappa = backend.allocate(n, 1);
  machine.draws = static_cast<double>(n) / median_seconds(15, [&] {
                    backend.draw_latents(likelihood, eta, {1, 0, 0, Site::simulation, 1}, omega, kappa);
                  });
  return machine;
}

Model make_model(Family family, int fixed, int inputs, const std::vector<int>& widths, Eigen::Index levels,
                 double noise) {
  Model model;
  model.family = family;
  model.shape.inputs = inputs;
  model.shape.widths = widths;
  model.shape.fixed = fixed;
  if (levels > 0) {
    RandomEffect effect;
    effect.group = "g";
    effect.coefficients = {"Intercept"};
    effect.levels = levels;
    effect.sd.b = 2.5;
    model.effects.push_back(effect);
  }
  model.sigma_levels = {""};
  model.priors.sd.resize(model.effects.size());
  model.priors.weight.resize(widths.empty() ? 0 : widths.size() + 1);
  for (std::size_t l = 0; l < model.priors.weight.size(); ++l)
    model.priors.weight[l].b = 1 / std::sqrt(static_cast<double>(l == 0 ? inputs : widths[l - 1]));
  model.layer_noise.kind = noise > 0 ? LayerNoise::Kind::fixed : LayerNoise::Kind::zero;
  model.layer_noise.value = noise;
  model.fixed_prior_mean = Eigen::VectorXd::Zero(fixed);
  model.fixed_prior_precision = Eigen::VectorXd::Constant(fixed, 0.16);
  return model;
}

Design make_design(const Model& model, Eigen::Index n) {
  Design design;
  design.rows.resize(static_cast<std::size_t>(n));
  const auto normal = [&](Eigen::Index cols, std::uint32_t instance) {
    RowMatrix m(n, cols);
    for (Eigen::Index i = 0; i < n; ++i) {
      Stream stream({5, 0, 0, Site::simulation, instance}, static_cast<std::uint32_t>(i));
      for (Eigen::Index j = 0; j < cols; ++j) m(i, j) = draw_normal<double>(stream);
    }
    return m;
  };
  design.fixed = normal(model.shape.fixed, 0);
  if (model.shape.fixed > 0) design.fixed.col(0).setOnes();
  design.deep = normal(model.shape.inputs, 1);
  design.offset = Eigen::VectorXd::Zero(n);
  design.weights = Eigen::VectorXd::Ones(n);
  design.trials = Eigen::VectorXd::Ones(n);
  const RowMatrix& x = model.shape.inputs > 0 ? design.deep : design.fixed;
  design.response = ((x.leftCols(std::min<Eigen::Index>(x.cols(), 9)).rowwise().sum() + normal(1, 2)).array() > 0)
                        .cast<double>()
                        .matrix();
  for (const RandomEffect& effect : model.effects) {
    GroupDesign group;
    group.z = RowMatrix::Ones(n, 1);
    for (Eigen::Index i = 0; i < n; ++i) group.index.push_back(static_cast<std::int32_t>((i * 7919) % effect.levels));
    design.groups.push_back(group);
  }
  return design;
}

void run(const char* title, Family family, Eigen::Index n, int fixed, int inputs, const std::vector<int>& widths,
         Eigen::Index levels, double noise, int sweeps, bool warm, const Machine& machine) {
  const auto counting = std::make_shared<CountingBackend>(open_cpu_backend());
  const Model model = make_model(family, fixed, inputs, widths, levels, noise);
  const Design design = make_design(model, n);
  const ResidentData data = make_resident(model, design, *counting);
  const Context context{model, data, *counting};
  State state = make_state(context);
  const Sweep sweep = make_sweep(context, design);
  if (warm) {
    warm_start(state, context, {1, 0, 0, Site::warm_start, 0});
  } else {
    Matrix noise_draw = counting->allocate(model.shape.size(), 1);
    counting->draw_normal({1, 0, 0, Site::initial_state, 0}, noise_draw);
    counting->axpy(0.02, noise_draw, state.theta);
    state.step.start(0.5);
    refresh(state, context);
    for (std::size_t l = 0; l < state.noise.size(); ++l) {
      counting->draw_normal({1, 0, 0, Site::initial_state, static_cast<std::uint32_t>(l) + 1}, state.noise[l]);
      counting->axpy(std::sqrt(noise) - 1, state.noise[l], state.noise[l]);
    }
    refresh(state, context);
  }
  const auto sweep_at = [&](int s) {
    sweep.run(state, context, {{1, 0, static_cast<std::uint32_t>(s), Site::latents, 0}, sweeps});
  };
  for (int s = 0; s < 8 && warm; ++s) sweep_at(s);
  sweep_at(8);
  counting->reset();
  rusage before{};
  getrusage(RUSAGE_SELF, &before);
  double total = 0;
  for (int s = 0; s < sweeps; ++s) total += median_seconds(1, [&] { sweep_at(9 + s); });
  rusage after{};
  getrusage(RUSAGE_SELF, &after);
  std::printf(
      "\n%s: %d sweeps, %.4f s each, %d steps in the last gradient move, %ld allocations and %ld page faults a sweep\n",
      title, sweeps, total / sweeps, state.steps, counting->allocations() / sweeps,
      (after.ru_minflt - before.ru_minflt) / sweeps);
  std::printf("%-22s %8s %12s %12s %8s %7s\n", "operation", "calls", "s a sweep", "floor", "ratio", "share");
  double floors = 0;
  double seconds = 0;
  std::vector<std::pair<std::string, Cost>> costs(counting->costs().begin(), counting->costs().end());
  std::sort(costs.begin(), costs.end(),
            [](const auto& a, const auto& b) { return a.second.seconds > b.second.seconds; });
  for (const auto& [name, cost] : costs) {
    const double floor =
        std::max(cost.product_flops / machine.flops, cost.bytes / machine.bytes) + cost.draws / machine.draws;
    floors += floor;
    seconds += cost.seconds;
    if (cost.seconds < 0.002 * total) continue;
    std::printf("%-22s %8.1f %12.6f %12.6f %8.2f %6.1f%%\n", name.c_str(), static_cast<double>(cost.calls) / sweeps,
                cost.seconds / sweeps, floor / sweeps, cost.seconds / floor, 100 * cost.seconds / total);
  }
  std::printf("%-22s %8s %12.6f %12.6f %8.2f %6.1f%%\n", "all operations", "", seconds / sweeps, floors / sweeps,
              seconds / floors, 100 * seconds / total);
  std::printf("%-22s %8s %12.6f %12s %8.2f\n", "whole sweep", "", total / sweeps, "", total / floors);
}

/// The deep model's gradient by two chains, one after the other and at the same time on two threads.
void run_threads() {
  const auto backend = open_cpu_backend();
  const Model model = make_model(Family::bernoulli, 1, 784, {256, 128}, 0, 0);
  const Design design = make_design(model, 60000);
  const ResidentData data = make_resident(model, design, *backend);
  const Context context{model, data, *backend};
  std::vector<State> states;
  for (int c = 0; c < 2; ++c) {
    states.push_back(make_state(context));
    backend->draw_normal({1, static_cast<std::uint32_t>(c), 0, Site::initial_state, 0}, states.back().theta);
  }
  const auto gradient = [&](State& state) {
    Matrix out = backend->allocate(model.shape.size(), 1);
    backend->gradient(context.network(state), state.theta, state.base, state.likelihood, out, state.scratch);
  };
  std::vector<double> ratios;
  for (int repeat = 0; repeat < 5; ++repeat) {
    const double in_turn = median_seconds(1, [&] {
      for (State& state : states) gradient(state);
    });
    const double at_once = median_seconds(1, [&] {
      std::thread other([&] { gradient(states[0]); });
      gradient(states[1]);
      other.join();
    });
    ratios.push_back(in_turn / at_once);
    std::printf("two chains' gradients: %.3f s in turn, %.3f s on two threads, ratio %.2f\n", in_turn, at_once,
                ratios.back());
  }
  std::nth_element(ratios.begin(), ratios.begin() + 2, ratios.end());
  std::printf("median ratio %.2f\n", ratios[2]);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string only = argc > 1 ? argv[1] : "";
  const auto wanted = [&](const char* name) { return only.empty() || only == name; };
  const Machine machine = measure(*open_cpu_backend());
  std::printf("this machine, one thread: products %.1f GFlop/s, copies %.1f GB/s, PG(1, z) %.1f M draws/s\n",
              machine.flops * 1e-9, machine.bytes * 1e-9, machine.draws * 1e-6);
  if (wanted("glm"))
    run("glm: logistic, n = 100,000, p = 100", Family::bernoulli, 100000, 100, 0, {}, 0, 0, 80, true, machine);
  if (wanted("glmm"))
    run("glmm: logistic, n = 100,000, p = 100, 1,000 groups", Family::bernoulli, 100000, 100, 0, {}, 1000, 0, 40, true,
        machine);
  if (wanted("gaussian"))
    run("gaussian: n = 100,000, p = 100, 1,000 groups", Family::gaussian, 100000, 100, 0, {}, 1000, 0, 40, true,
        machine);
  if (wanted("deep"))
    run("deep: logistic, n = 60,000, (784, 256, 128)", Family::bernoulli, 60000, 1, 784, {256, 128}, 0, 0, 1, false,
        machine);
  if (wanted("noise"))
    run("noise: the same with layer noise .01", Family::bernoulli, 60000, 1, 784, {256, 128}, 0, 0.01, 1, false,
        machine);
  if (wanted("threads")) run_threads();
  return 0;
}
