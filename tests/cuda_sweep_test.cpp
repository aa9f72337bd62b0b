// Sweeps on the CUDA backend against the CPU's, after every update and over whole chains, and the backend's failures.
#include <gtest/gtest.h>

#include "support/machines.hpp"
#include "support/problem.hpp"

#ifdef BDGLM_EMULATED_CUDA
#include <cuda_runtime.h>
#endif

namespace bdglm::test {
namespace {

/// Sweeps of one model on both machines from the same start, compared after every update.
void check_sweeps(const std::string& formula, Family family, const ModelOptions& options, int sweeps,
                  double tolerance) {
  const Machines on;
  const Table table = small_table(60, 3, 4, has_levels(family) ? 3 : 2);
  Problem cpu(table, formula, family, options, "", on.cpu);
  Problem cuda(table, formula, family, options, "", on.cuda);
  for (const Problem* problem : {&cpu, &cuda}) problem->context->network_moves.rough = false;
  State a = make_state(*cpu.context);
  State b = make_state(*cuda.context);
  const Sweep on_cpu = make_sweep(*cpu.context, cpu.design);
  const Sweep on_cuda = make_sweep(*cuda.context, cuda.design);
  on_cpu.begin(warm_start(a, *cpu.context, {11, 0, 0, Site::warm_start, 0}));
  Archive begun = save_state(a, *cpu.context);
  on_cpu.save(begun, *cpu.context);
  load_state(begun, a, *cpu.context);
  load_state(begun, b, *cuda.context);
  on_cuda.load(begun, *cuda.context);
  for (int s = 0; s < sweeps; ++s) {
    const SweepPosition position{{11, 0, static_cast<std::uint32_t>(s), Site::latents, 0}, sweeps / 2};
    for (std::size_t k = 0; k < on_cpu.entries.size(); ++k) {
      on_cpu.entries[k].update->apply(a, *cpu.context, position);
      on_cuda.entries[k].update->apply(b, *cuda.context, position);
      on.cuda->finish();
      Archive left = save_state(a, *cpu.context);
      Archive right = save_state(b, *cuda.context);
      on_cpu.save(left, *cpu.context);
      on_cuda.save(right, *cuda.context);
      for (const auto& [name, values] : left) {
        if (values.size() == 0) continue;
        // Eigenvectors have no sign; what they make is compared in theta.
        if (name.rfind("information_left", 0) == 0 || name.rfind("information_right", 0) == 0) continue;
        const double scale = 1 + values.cwiseAbs().maxCoeff();
        ASSERT_LT((values - right.at(name)).cwiseAbs().maxCoeff(), tolerance * scale)
            << name << " after '" << on_cpu.entries[k].update->name() << "' of sweep " << s;
      }
    }
  }
}

/// A chain that goes on from a saved state makes the draws of one that was never stopped, bit for bit.
void check_resume(const std::string& formula, Family family, const ModelOptions& options) {
  const Machines on;
  const Table table = small_table(60, 3, 4, has_levels(family) ? 3 : 2);
  const Problem problem(table, formula, family, options, "", on.cuda);
  const Context& context = *problem.context;
  const auto run = [&](State& state, const Sweep& sweep, std::uint32_t first) {
    for (std::uint32_t s = first; s < first + 4; ++s) sweep.run(state, context, {{11, 0, s, Site::latents, 0}, 2});
  };
  State whole = make_state(context);
  const Sweep sweep = make_sweep(context, problem.design);
  sweep.begin(warm_start(whole, context, {11, 0, 0, Site::warm_start, 0}));
  run(whole, sweep, 0);
  State resumed = make_state(context);
  Archive saved = save_state(whole, context);
  sweep.save(saved, context);
  load_state(saved, resumed, context);
  const Sweep other = make_sweep(context, problem.design);
  other.load(saved, context);
  run(whole, sweep, 4);
  run(resumed, other, 4);
  Archive expected = save_state(whole, context);
  Archive actual = save_state(resumed, context);
  sweep.save(expected, context);
  other.save(actual, context);
  for (const auto& [name, values] : expected) EXPECT_EQ(values, actual.at(name)) << name;
}

TEST(CudaResume, MixedModel) { check_resume("y ~ x + (1 + w | g)", Family::bernoulli, {}); }
TEST(CudaResume, Categorical) { check_resume("y ~ x + (1 + w | g)", Family::categorical, {}); }
TEST(CudaResume, Logistic) { check_resume("y ~ x + w", Family::bernoulli, {}); }
TEST(CudaResume, NetworkWithNoise) {
  ModelOptions options;
  options.layer_noise = parse_layer_noise("learned");
  check_resume("y ~ deep(x, w, layers = c(4, 3)) + (1 | g)", Family::gaussian, options);
}

TEST(CudaSweeps, MixedModel) { check_sweeps("y ~ x + (1 + w | g)", Family::gaussian, {}, 20, 1e-8); }
TEST(CudaSweeps, CrossedTerms) { check_sweeps("y ~ x + (1 | g) + (1 | h)", Family::gaussian, {}, 20, 1e-8); }
TEST(CudaSweeps, Logistic) { check_sweeps("y ~ x + w", Family::bernoulli, {}, 20, 1e-4); }
TEST(CudaSweeps, FamiliesWithAShape) {
  check_sweeps("y ~ x + (1 + w | g)", Family::negative_binomial, {}, 8, 1e-4);
  check_sweeps("y ~ deep(x, w, layers = c(3)); shape ~ w + (1 | g)", Family::negative_binomial, {}, 4, 1e-4);
  check_sweeps("exp(y) ~ x + (1 | g)", Family::gamma, {}, 8, 1e-4);
  check_sweeps("y ~ x + (1 | g); sigma ~ w", Family::student_t, {}, 8, 1e-4);
  check_sweeps("y ~ x + (1 | g); zi ~ w", Family::zero_inflated_negative_binomial, {}, 8, 1e-4);
  check_sweeps("y | trials(n) ~ x + (1 | g)", Family::binomial_probit, {}, 8, 1e-4);
}
TEST(CudaSweeps, OrderedLevels) {
  check_sweeps("y ~ x + (1 + w | g)", Family::ordinal, {}, 8, 1e-4);
  check_sweeps("y ~ deep(x, w, layers = c(3)) + (1 | g)", Family::ordinal_probit, {}, 4, 1e-4);
}
TEST(CudaSweeps, Categorical) { check_sweeps("y ~ x + (1 + w | g)", Family::categorical, {}, 8, 1e-4); }
TEST(CudaSweeps, RightSides) {
  check_sweeps("y ~ x + (1 + w | g); 2 ~ w + offset(o) + (1 | h)", Family::categorical, {}, 8, 1e-4);
  check_sweeps("y ~ x; 2 ~ deep(x, w, layers = c(4)) + (1 | g)", Family::categorical, {}, 4, 1e-4);
  check_sweeps("y ~ deep(x, w, layers = c(3)) + (1 | g); 2 ~ 0 + (1 | h)", Family::categorical, {}, 4, 1e-4);
  check_sweeps("y ~ x; 2 ~ 0 + (1 | g)", Family::categorical, {}, 8, 1e-4);
}
TEST(CudaSweeps, CategoricalNetwork) {
  check_sweeps("y ~ deep(x, w, layers = c(4)) + (1 | g)", Family::categorical, {}, 4, 1e-4);
}
TEST(CudaSweeps, LogisticMixedModel) { check_sweeps("y ~ x + (1 + w | g)", Family::bernoulli, {}, 10, 1e-4); }
TEST(CudaSweeps, Network) {
  ModelOptions options;
  check_sweeps("y ~ deep(x, w, layers = c(4, 3)) + (1 | g)", Family::gaussian, options, 6, 1e-6);
}
TEST(CudaSweeps, NetworkWithNoise) {
  ModelOptions options;
  options.layer_noise = parse_layer_noise("learned");
  check_sweeps("y ~ deep(x, w, layers = c(4, 3)) + (1 | g)", Family::gaussian, options, 6, 1e-6);
}

TEST(CudaFailures, NameRowAndGroup) {
  const Machines on;
  const Backend& b = *on.cuda;
  RowMatrix eta = pattern(40, 1, 0.3);
  eta(17, 0) = std::nan("");
  eta(30, 0) = std::nan("");
  Matrix omega = b.allocate(40, 1);
  Matrix kappa = b.allocate(40, 1);
  b.draw_latents(likelihood_on(b, Family::binomial, 40), b.uploaded(eta), 0, {7, 1, 3, Site::latents, 0}, omega, kappa);
  try {
    b.finish();
    FAIL() << "no error";
  } catch (const NumericalError& error) {
    EXPECT_NE(std::string(error.what()).find("row 18 "), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("'latents'"), std::string::npos) << error.what();
  }
  b.finish();
}

TEST(CudaFailures, NameTheRowAlthoughALaterUpdateStumbles) {
  const Machines on;
  const Problem problem(small_table(60), "y ~ x + (1 | g)", Family::bernoulli, {}, "", on.cuda);
  State state = make_state(*problem.context);
  const Sweep sweep = make_sweep(*problem.context, problem.design);
  sweep.begin(warm_start(state, *problem.context, {11, 0, 0, Site::warm_start, 0}));
  RowMatrix eta = on.cuda->download(state.eta);
  eta(6, 0) = std::nan("");
  on.cuda->upload(eta, state.eta);
  try {
    sweep.run(state, *problem.context, {{11, 2, 4, Site::latents, 0}, 0});
    FAIL() << "no error";
  } catch (const NumericalError& error) {
    for (const char* part : {"row 7 ", "'latents'", "chain 3", "sweep 5"})
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

#ifdef BDGLM_EMULATED_CUDA
TEST(CudaFailures, OutOfMemorySaysHowMuch) {
  const Machines on;
  const std::size_t before = emulated_cuda_memory();
  emulated_cuda_memory() = std::size_t{1} << 20U;
  try {
    on.cuda->allocate(1 << 20, 1);
    FAIL() << "no error";
  } catch (const DeviceError& error) {
    EXPECT_NE(std::string(error.what()).find("9 MiB more"), std::string::npos) << error.what();
  }
  emulated_cuda_memory() = before;
}
#endif

}  // namespace
}  // namespace bdglm::test
