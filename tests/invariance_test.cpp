// Every update of every structure leaves the joint law as it is, and a wrong control of each does not.
#include <gtest/gtest.h>

#include <cstdio>

#include "support/invariance.hpp"

namespace bdglm::test {
namespace {

/// Some 4,000 means are compared: of normal ones the largest passes 4.5 in one such run of forty.
constexpr double kBound = 4.5;
constexpr double kControl = 6;
constexpr int kTimes = 12;

int replicates(const Structure& s) {
  return static_cast<int>(s.share * (std::getenv("BDGLM_SLOW") != nullptr ? 12000 : 3000));
}

/// A resumed chain starts from a refreshed state: what an update leaves must be that, bit for bit.
void expect_refreshed(State& state, const Context& context, const std::string& update) {
  const RowMatrix eta = context.backend.download(state.eta);
  const RowMatrix base = context.backend.download(state.base);
  refresh(state, context);
  EXPECT_EQ(eta, context.backend.download(state.eta)) << update;
  EXPECT_EQ(base, context.backend.download(state.base)) << update;
}

class Invariance : public testing::TestWithParam<Structure> {};

TEST_P(Invariance, UpdatesKeepTheJointLawAndControlsDoNot) {
  const Structure& structure = GetParam();
  const Problem problem = make_problem(structure);
  const Context& context = *problem.context;
  const WrongBelief belief(problem);
  const Context wrong{belief.model, belief.data, *problem.backend};
  const Sweep sweep = make_sweep(context, problem.design);
  const Sweep wrong_sweep = make_sweep(wrong, problem.design);
  const MoveMetric metric = begin(sweep, problem, 0.25);
  begin(wrong_sweep, problem, 0.25);
  const int count = replicates(structure);
  const bool table = std::getenv("BDGLM_TABLE") != nullptr;
  // Where there are latent variables the draw of those that stand before an update comes first.
  Update* latent = nullptr;
  const auto latents = [&](State& s, const SweepPosition& at) {
    if (latent != nullptr) latent->apply(s, context, at);
  };
  for (std::size_t u = 0; u < sweep.entries.size(); ++u) {
    Update& update = *sweep.entries[u].update;
    if (update.name() == "latents") {
      latent = &update;
      continue;
    }
    const auto instance = static_cast<std::uint32_t>(u);
    int seen = 0;
    const Worst right = largest_change(problem, count, kTimes, instance, [&](State& s, const SweepPosition& at) {
      // A momentum that lasted from one replicate to the next would make them dependent.
      if (update.name() == "gradient move" && at.address.sweep % kTimes == 0) update.begin(metric);
      latents(s, at);
      update.apply(s, context, at);
      if (++seen > 20) return;
      widen(update, context);
      expect_refreshed(s, context, update.name());
    });
    EXPECT_LT(right.z, kBound) << update.name() << ": " << right.function;
    Update& spoilt = *wrong_sweep.entries[u].update;
    // Some errors show where the state was refreshed with the wrong data before, others where it was not.
    Worst control;
    int spoilt_seen = 0;
    for (const bool before : {true, false}) {
      if (control.z > kControl) break;
      control = largest_change(problem, count, kTimes, instance, [&](State& s, const SweepPosition& at) {
        latents(s, at);
        if (before) refresh(s, wrong);
        spoilt.apply(s, wrong, at);
        if (++spoilt_seen <= 20) widen(spoilt, context);
        refresh(s, context);
      });
    }
    // A fixed layer noise moves in the warm-up only.
    const bool moves = !(update.name() == "layer noise" && problem.model.layer_noise.kind == LayerNoise::Kind::fixed);
    if (moves) {
      EXPECT_GT(control.z, kControl) << update.name() << " with other priors and data";
    } else {
      EXPECT_EQ(right.z, 0);
    }
    if (table)
      std::printf("| %s | %s | %.2f | %s | %.1f |\n", structure.name.c_str(), update.name().c_str(), right.z,
                  right.function.c_str(), control.z);
  }
  if (latent == nullptr || describe(structure.family).augmentation != Augmentation::polya_gamma) return;
  // Latents are seen through what is drawn given them; the control draws them at another predictor.
  latent = sweep.entries[0].update.get();
  const std::size_t output = problem.model.has_noise() ? 3 : 1;
  const Worst control = largest_change(problem, count, kTimes, 0, [&](State& s, const SweepPosition& at) {
    context.backend.axpy(1.5, s.eta, s.eta);
    latents(s, at);
    refresh(s, context);
    sweep.entries[output].update->apply(s, context, at);
  });
  EXPECT_GT(control.z, kControl) << "latents at another predictor";
  if (table) std::printf("| %s | latents (control) | | | %.1f |\n", structure.name.c_str(), control.z);
}

const Family kGaussian = Family::gaussian;
const Family kGaussianSigma = Family::gaussian_sigma;
const Family kBernoulli = Family::bernoulli;
const Family kBinomial = Family::binomial;
const Family kCategorical = Family::categorical;
const Family kPoisson = Family::poisson;
const Family kNegativeBinomial = Family::negative_binomial;
const Family kGamma = Family::gamma;
const Family kExponential = Family::exponential;
const Family kLognormal = Family::lognormal;
const Family kBeta = Family::beta;

/// More columns than the table's twelve rows.
std::string wide_formula() {
  std::string formula = "y ~ x";
  for (int k = 1; k <= 256; ++k) formula += " + sin(" + std::to_string(k) + " * w)";
  return formula;
}

INSTANTIATE_TEST_SUITE_P(
    Models, Invariance,
    testing::Values(
        Structure{"gaussian_linear", "y ~ x", kGaussian}, Structure{"bernoulli_linear", "y ~ x", kBernoulli},
        Structure{"gaussian_wide", wide_formula(), kGaussian}, Structure{"bernoulli_wide", wide_formula(), kBernoulli},
        with_priors({"gaussian_wide_horseshoe", wide_formula(), kGaussian, "0", false, "", 12, 0, 0.3},
                    {"b ~ horseshoe(0.3)"}),
        Structure{"gaussian_sparse_slopes", "y | weights(v) ~ x + words + (1 + w | g)", kGaussian, "0", false, "", 12,
                  0, 0.2},
        Structure{"bernoulli_sparse", "y ~ x + words + offset(o)", kBernoulli, "0", false, "", 12, 0, 0.2},
        Structure{"categorical_sparse", "y ~ words + (1 | g)", kCategorical, "0", false, "", 12, 0, 0.15},
        with_priors({"bernoulli_sparse_horseshoe", "y ~ words + offset(o)", kBernoulli, "0", false, "", 12, 0, 0.2},
                    {"b ~ horseshoe(0.3)"}),
        Structure{"gaussian_deep1_sparse", "y ~ deep(x, words, layers = c(2), activation = relu) + words", kGaussian,
                  "0", false, "", 12, 0, 0.06},
        Structure{"gaussian_weights_offset_sigma", "y | weights(v) ~ x + offset(o)", kGaussian, "0", false, "h"},
        Structure{"binomial_trials_weights_offset", "y | trials(n) + weights(v) ~ x + offset(o)", kBinomial},
        Structure{"gaussian_slopes", "y ~ x + (1 + w | g)", kGaussian},
        Structure{"bernoulli_slopes_offset", "y ~ x + offset(o) + (1 + w | g)", kBernoulli},
        Structure{"gaussian_nested", "y ~ x + (1 | g/h)", kGaussian},
        Structure{"binomial_nested", "y | trials(n) ~ x + (1 | g/h)", kBinomial},
        Structure{"gaussian_crossed_weights", "y | weights(v) ~ x + (1 | g) + (1 | h)", kGaussian},
        Structure{"bernoulli_crossed", "y ~ x + (1 | g) + (1 | h)", kBernoulli},
        Structure{"gaussian_crossed_blocks", "y ~ x + (1 | g) + (1 | h)", kGaussian, "0", false, "", 700, 270, 0.6},
        Structure{"bernoulli_uncorrelated", "y ~ 1 + (1 + w || h)", kBernoulli},
        Structure{"gaussian_deep1", "y ~ deep(x, w, layers = c(3), activation = relu) + x", kGaussian},
        Structure{"gaussian_deep1_learned_offset", "y ~ deep(x, w, layers = c(2)) + offset(o)", kGaussian, "learned"},
        Structure{"gaussian_deep2_learned", "y ~ deep(x, w, layers = c(3, 2)) + (1 | g)", kGaussian, "learned"},
        Structure{"gaussian_deep2_horseshoe", "y ~ deep(x, w, layers = c(2, 2))", kGaussian, "0", true},
        Structure{"gaussian_mixed_units", "y ~ deep(x, w, layers = c(4, 3)) + x", kGaussian},
        Structure{"gaussian_deep1_knots", "y ~ deep(x, w, layers = c(2), activation = relu, knots = 2)", kGaussian, "0",
                  true},
        Structure{"bernoulli_deep1_horseshoe", "y ~ deep(x, w, layers = c(2)) + x", kBernoulli, "0", true},
        Structure{"binomial_deep1_learned_mixed",
                  "y | trials(n) + weights(v) ~ deep(x, w, layers = c(2)) + offset(o) + (1 | g/h)", kBinomial,
                  "learned"},
        Structure{"bernoulli_abs_fixed", "y ~ deep(x, w, layers = c(2, 2), activation = abs)", kBernoulli, "0.3"},
        Structure{"gaussian_deep_effects", "y ~ deep(x, w, layers = c(2)) + (deep | g)", kGaussian},
        Structure{"categorical_linear", "y ~ x", kCategorical},
        Structure{"categorical_right_sides", "y ~ x + offset(o) + (1 + w | g); 2 ~ w + (1 | h)", kCategorical},
        Structure{"categorical_deep_second_head", "y ~ x; 2 ~ deep(x, w, layers = c(2))", kCategorical},
        Structure{"poisson_linear", "y ~ x", kPoisson},
        Structure{"poisson_weights_offset", "y | weights(v) ~ x + offset(o)", kPoisson},
        Structure{"poisson_slopes", "y ~ x + (1 + w | g)", kPoisson},
        Structure{"poisson_nested_offset", "y ~ x + offset(o) + (1 | g/h)", kPoisson},
        Structure{"poisson_crossed", "y ~ x + (1 | g) + (1 | h)", kPoisson},
        Structure{"poisson_crossed_blocks", "y ~ x + (1 | g) + (1 | h)", kPoisson, "0", false, "", 700, 270, 0.2},
        Structure{"poisson_deep1", "y ~ deep(x, w, layers = c(3)) + x", kPoisson},
        Structure{"negative_binomial_linear", "y ~ x + offset(o)", kNegativeBinomial},
        Structure{"negative_binomial_slopes", "y ~ x + (1 + w | g)", kNegativeBinomial},
        Structure{"negative_binomial_shape", "y ~ x + (1 | g); shape ~ w + (1 | h)", kNegativeBinomial},
        Structure{"gamma_linear", "exp(y) ~ x", kGamma},
        Structure{"gamma_nested_offset", "exp(y) ~ x + offset(o) + (1 | g/h)", kGamma},
        Structure{"gamma_shape", "exp(y) ~ x + (1 | g); shape ~ w", kGamma},
        Structure{"exponential_linear", "exp(y) ~ x", kExponential},
        Structure{"exponential_mixed", "exp(y) ~ x + (1 + w | g)", kExponential},
        Structure{"lognormal_sigma", "exp(y) ~ x + (1 | g); sigma ~ w", kLognormal},
        Structure{"beta_linear", "I(0.1 + 0.1 * y) ~ x", kBeta},
        Structure{"beta_phi", "I(0.1 + 0.1 * y) ~ x + (1 | g); phi ~ w", kBeta},
        Structure{"student_t_slopes", "y ~ x + (1 + w | g)", Family::student_t},
        Structure{"student_t_predictors", "y ~ x; sigma ~ w; nu ~ w", Family::student_t},
        Structure{"gaussian_sigma_weights", "y | weights(v) ~ x + (1 | g); sigma ~ w + (1 | h)", kGaussianSigma},
        with_priors({"gaussian_sigma_deep_both", "y ~ deep(x, w, layers = c(3, 2)); sigma ~ deep() + w",
                     kGaussianSigma},
                    {"weight_scale3 ~ half_t(6, 2)", "weight_scale_sigma ~ half_t(6, 0.4)"}),
        Structure{"bernoulli_probit_slopes", "y ~ x + (1 + w | g)", Family::bernoulli_probit},
        Structure{"binomial_cloglog_linear", "y | trials(n) ~ x + offset(o)", Family::binomial_cloglog},
        Structure{"ordinal_slopes_offset", "y ~ x + offset(o) + (1 + w | g)", Family::ordinal},
        Structure{"beta_binomial_mixed", "y | trials(n) ~ x + (1 | g); phi ~ w", Family::beta_binomial},
        Structure{"zero_inflated_poisson_zi", "y ~ x + (1 | g); zi ~ w + (1 | h)", Family::zero_inflated_poisson},
        Structure{"zero_inflated_poisson_mixed", "y ~ x + (1 | g)", Family::zero_inflated_poisson},
        Structure{"zero_inflated_negative_binomial_linear", "y ~ x + offset(o); zi ~ w",
                  Family::zero_inflated_negative_binomial},
        Structure{"hurdle_poisson_zi", "y ~ x + (1 | g); zi ~ deep(x, w, layers = c(3))", Family::hurdle_poisson},
        with_priors({"gaussian_student_laplace", "y ~ x + w", kGaussian},
                    {"Intercept ~ student_t(4, -0.3, 1)", "b_x ~ student_t(3, 0.2, 0.8)", "b_w ~ laplace(0.2, 0.7)"}),
        with_priors({"gaussian_horseshoe_mixed", "y ~ x + w + (1 | g)", kGaussian}, {"b ~ horseshoe(0.8)"}),
        with_priors({"bernoulli_horseshoe", "y ~ x + w", kBernoulli}, {"b ~ horseshoe(0.8)"}),
        with_priors({"bernoulli_laplace_mixed", "y ~ x + offset(o) + (1 | g)", kBernoulli}, {"b ~ laplace(0.2, 0.7)"}),
        with_priors({"categorical_horseshoe", "y ~ x + w", kCategorical}, {"b ~ horseshoe(0.6)"}),
        with_priors({"poisson_student", "y ~ x + (1 | g)", kPoisson}, {"b ~ student_t(8, 0.2, 0.5)"}),
        with_priors({"gaussian_half_normal_sigma", "y ~ x", kGaussian}, {"sigma ~ normal(0, 1)"}),
        with_priors({"gaussian_lkj_slopes", "y ~ x + (1 + w | g)", kGaussian},
                    {"sd ~ half_normal(0.7)", "cor ~ lkj(2)"}),
        with_priors({"bernoulli_lkj_half_cauchy", "y ~ x + (1 + w | g)", kBernoulli},
                    {"sd ~ half_cauchy(0.7)", "cor ~ lkj(3)"}),
        with_priors({"poisson_lkj_slopes", "y ~ x + (1 + w | g)", kPoisson}, {"sd ~ gamma(2, 4)", "cor ~ lkj(0.8)"})),
    [](const auto& instance) { return instance.param.name; });

/// Models whose like is tried above.
INSTANTIATE_TEST_SUITE_P(
    Slow, Invariance,
    testing::Values(
        Structure{"gaussian_deep1_knots_learned", "y ~ deep(x, w, layers = c(2), knots = 1) + x", kGaussian, "learned",
                  true},
        Structure{"gaussian_tanh_slopes", "y ~ deep(x, w, layers = c(3), activation = tanh) + (1 + w | g)", kGaussian},
        Structure{"bernoulli_silu_crossed", "y ~ deep(x, w, layers = c(2, 2), activation = silu) + (1 | g) + (1 | h)",
                  kBernoulli},
        Structure{"gaussian_deep_effects_learned", "y ~ deep(x, w, layers = c(2, 2)) + (deep | g)", kGaussian,
                  "learned"},
        Structure{"categorical_crossed", "y ~ x + (1 | g) + (1 | h)", kCategorical},
        Structure{"categorical_deep1", "y ~ deep(x, w, layers = c(3), activation = relu) + x", kCategorical},
        Structure{"gaussian_sigma_deep", "y ~ x + (1 | g); sigma ~ deep(x, w, layers = c(3))", kGaussianSigma},
        Structure{"ordinal_probit_deep1", "y ~ deep(x, w, layers = c(3)) + x", Family::ordinal_probit},
        Structure{"gaussian_deep3_learned_weights", "y | weights(v) ~ deep(x, w, layers = c(2, 3, 2))", kGaussian,
                  "learned"},
        Structure{"gaussian_deep2_informative", "y ~ deep(x, w, layers = c(3, 3))", kGaussian, "learned", false, "", 24,
                  0, 2, true},
        Structure{"gaussian_deep3", "y ~ deep(x, w, layers = c(2, 2, 2)) + (1 | g)", kGaussian},
        Structure{"gaussian_deep2_fixed", "y ~ deep(x, w, layers = c(2, 2)) + x", kGaussian, "0.3"},
        Structure{"bernoulli_deep2_mixed", "y ~ deep(x, w, layers = c(3, 2), activation = relu) + (1 | g)", kBernoulli},
        Structure{"bernoulli_deep2_learned", "y ~ deep(x, w, layers = c(2, 2)) + x", kBernoulli, "learned"},
        Structure{"binomial_deep3",
                  "y | trials(n) ~ deep(x, w, layers = c(2, 2, 2), activation = relu) + (1 | g) + (1 | h)", kBinomial},
        Structure{"bernoulli_deep_effects", "y ~ deep(x, w, layers = c(2)) + offset(o) + (deep | g)", kBernoulli},
        Structure{"bernoulli_deep_effects_learned", "y ~ deep(x, w, layers = c(2, 2)) + (deep | g) + (1 | h)",
                  kBernoulli, "learned"},
        Structure{"categorical_offset_slopes", "y ~ x + offset(o) + (1 + w | g)", kCategorical},
        Structure{"categorical_nested", "y ~ x + (1 | g/h)", kCategorical},
        Structure{"categorical_deep_right_sides", "y ~ x; 2 ~ deep(x, w, layers = c(2)) + offset(o) + (deep | g)",
                  kCategorical},
        Structure{"categorical_deep_first_head", "y ~ deep(x, w, layers = c(2)); 2 ~ x + w", kCategorical},
        Structure{"categorical_deep2_mixed", "y ~ deep(x, w, layers = c(3, 2)) + (1 | g)", kCategorical, "0", true},
        Structure{"categorical_deep_effects", "y ~ deep(x, w, layers = c(2)) + offset(o) + (deep | g)", kCategorical},
        Structure{"poisson_deep2_mixed", "y ~ deep(x, w, layers = c(3, 2)) + (1 | g)", kPoisson, "0", true},
        Structure{"poisson_deep_effects", "y ~ deep(x, w, layers = c(2)) + offset(o) + (deep | g)", kPoisson},
        Structure{"negative_binomial_deep1", "y ~ deep(x, w, layers = c(3)) + x; shape ~ w", kNegativeBinomial},
        Structure{"lognormal_deep1", "exp(y) ~ deep(x, w, layers = c(3)) + x", kLognormal},
        Structure{"beta_deep1", "I(0.1 + 0.1 * y) ~ deep(x, w, layers = c(3)) + x", kBeta},
        Structure{"binomial_probit_deep1", "y | trials(n) + weights(v) ~ deep(x, w, layers = c(3)) + offset(o)",
                  Family::binomial_probit},
        Structure{"zero_inflated_poisson_deep1", "y ~ deep(x, w, layers = c(3)) + x", Family::zero_inflated_poisson},
        with_priors({"bernoulli_deep1_student", "y ~ deep(x, w, layers = c(2)) + x", kBernoulli},
                    {"b ~ student_t(4, 0.2, 0.8)"}),
        with_priors({"bernoulli_lkj_slopes", "y ~ x + (1 + w + o | g)", kBernoulli},
                    {"sd ~ exponential(1.5)", "cor ~ lkj(1.5)"}),
        with_priors({"gaussian_deep_effects_lkj", "y ~ deep(x, w, layers = c(2)) + (deep | g)", kGaussian},
                    {"sd ~ half_normal(0.7)"}),
        Structure{"gamma_deep1_mixed", "exp(y) ~ deep(x, w, layers = c(3)) + (1 | g)", kGamma},
        Structure{"gaussian_deep3_informative", "y ~ deep(x, w, layers = c(3, 3, 3))", kGaussian, "learned", false, "",
                  24, 0, 2, true},
        Structure{"bernoulli_deep3_learned_horseshoe", "y ~ deep(x, w, layers = c(2, 2, 2))", kBernoulli, "learned",
                  true}),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace bdglm::test
