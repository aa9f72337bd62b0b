// The device's memory as it is estimated, against what a chain's sweeps really hold on an emulated one.
#include <gtest/gtest.h>

#include "kernels/cuda_backend.hpp"
#include "run/workload.hpp"
#include "support/problem.hpp"

namespace bdglm::test {
namespace {

struct Case {
  std::string name, formula;
  int rows, g_levels, h_levels;
  std::string layer_noise = "0";

  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.formula; }
};

class DeviceMemory : public testing::TestWithParam<Case> {};

TEST_P(DeviceMemory, IsEstimatedAsItIsHeld) {
  const Case& c = GetParam();
  const Table table = small_table(c.rows, c.g_levels, c.h_levels);
  ModelOptions options;
  options.layer_noise = parse_layer_noise(c.layer_noise);
  Frame frame = make_frame({c.formula}, "", table);
  if (options.layer_noise.kind != LayerNoise::Kind::zero) frame.activation = name_of(kUsualActivationWithNoise);
  Design design = make_design(frame, table, {});
  const Model model = make_model(frame, design, Family::bernoulli, options);
  const Workload work = workload(model, design, 1);
  const double estimate = work.shared_bytes + work.chain_bytes;
  const std::size_t before = cuda::free_bytes();
  const auto backend = cuda::open_cuda_backend();
  const ResidentData data = make_resident(model, design, *backend);
  const Context context{model, data, *backend};
  State state = make_state(context);
  const Sweep sweep = make_sweep(context, design);
  sweep.begin(warm_start(state, context, {1, 0, 0, Site::latents, 0}));
  for (std::uint32_t k = 0; k < 2; ++k) sweep.run(state, context, {{1, 0, k, Site::latents, 0}, 10});
  backend->finish();
  const auto held = static_cast<double>(before - cuda::free_bytes());
  EXPECT_GE(estimate, 0.8 * held) << held << " bytes held";
  EXPECT_LE(estimate, 2.5 * held) << held << " bytes held";
}

INSTANTIATE_TEST_SUITE_P(Structures, DeviceMemory,
                         testing::Values(Case{"one_term", "y ~ x + (1 + w | g)", 20000, 8000, 4},
                                         Case{"nested", "y ~ x + (1 | g/h)", 20000, 50, 2000},
                                         // Couplings of many groups with a crossed term in the core.
                                         Case{"crossed_in_core", "y ~ x + (1 | g) + (1 | h)", 20000, 8000, 200},
                                         Case{"crossed_blocks", "y ~ x + (1 | g) + (1 | h)", 20000, 6000, 3000},
                                         Case{"deep_noise", "y ~ deep(x, w, layers = c(16, 8)) + (1 | g)", 4000, 300, 4,
                                              "learned"}),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace bdglm::test
