// Moves of linear predictors about a Gaussian: each kind leaves the joint law as it is, a wrong one does not, and the
// warm-up chooses between them.
#include <gtest/gtest.h>

#include "bdglm/error.hpp"
#include "engines/gibbs/move_record.hpp"
#include "support/invariance.hpp"

namespace bdglm::test {
namespace {

struct Kind {
  Structure structure;
  LinearMoves moves;

  friend void PrintTo(const Kind& k, std::ostream* out) { PrintTo(k.structure, out); }
};

class LinearMoveKinds : public testing::TestWithParam<Kind> {};

/// The first update of the model's sweep, as a warm-up leaves it.
Sweep begun(const Context& context, const Problem& problem, LinearMoves moves) {
  Sweep sweep = make_sweep(context, problem.design);
  Archive archive;
  sweep.save(archive, context);
  begin_linear_move(archive, problem, moves);
  sweep.load(archive, context);
  return sweep;
}

TEST_P(LinearMoveKinds, LeaveTheJointLawAndControlsDoNot) {
  const Problem problem = make_problem(GetParam().structure);
  const Context& context = *problem.context;
  const WrongBelief belief(problem);
  const Context wrong{belief.model, belief.data, *problem.backend};
  const Sweep sweep = begun(context, problem, GetParam().moves);
  const Sweep wrong_sweep = begun(wrong, problem, GetParam().moves);
  Update& update = *sweep.entries[0].update;
  Update& spoilt = *wrong_sweep.entries[0].update;
  constexpr int kReplicates = 12000;
  const Worst right = largest_change(problem, kReplicates, 12, 3,
                                     [&](State& s, const SweepPosition& at) { update.apply(s, context, at); });
  EXPECT_LT(right.z, 4.5) << right.function;
  const Worst control = largest_change(problem, kReplicates, 12, 3, [&](State& s, const SweepPosition& at) {
    spoilt.apply(s, wrong, at);
    refresh(s, context);
  });
  EXPECT_GT(control.z, 6) << "with other priors and data";
}

const Structure kBernoulli{"bernoulli", "y ~ x", Family::bernoulli};
const Structure kShape{"negative_binomial", "y ~ x", Family::negative_binomial};
const Structure kOrdinal{"ordinal", "y ~ x + w", Family::ordinal};
const Structure kTwo{"zero_inflated", "y ~ x; zi ~ w", Family::zero_inflated_poisson};

INSTANTIATE_TEST_SUITE_P(Kinds, LinearMoveKinds,
                         testing::Values(Kind{kBernoulli, LinearMoves::alone}, Kind{kBernoulli, LinearMoves::turns},
                                         Kind{kShape, LinearMoves::alone}, Kind{kShape, LinearMoves::joint},
                                         Kind{kShape, LinearMoves::turns}, Kind{kOrdinal, LinearMoves::alone},
                                         Kind{kOrdinal, LinearMoves::joint}, Kind{kOrdinal, LinearMoves::turns},
                                         Kind{kTwo, LinearMoves::alone}, Kind{kTwo, LinearMoves::turns}),
                         [](const auto& instance) {
                           const LinearMoves moves = instance.param.moves;
                           return instance.param.structure.name + (moves == LinearMoves::alone   ? "_alone"
                                                                   : moves == LinearMoves::joint ? "_joint"
                                                                                                 : "_turns");
                         });

/// Means of what a chain records after a warm-up, and the updates that it ends with.
struct Outcome {
  Archive archive;
  double acceptance = 0;
};

Outcome run(const Problem& problem, std::uint32_t warmup, std::uint32_t draws) {
  const Context& context = *problem.context;
  State state = make_state(context);
  const Address address{5, 0, 0, Site::latents, 0};
  const MoveMetric metric = warm_start(state, context, address);
  const Sweep sweep = make_sweep(context, problem.design);
  sweep.begin(metric);
  for (std::uint32_t k = 0; k < warmup + draws; ++k) {
    if (k == warmup) sweep.clear_record();
    sweep.run(state, context, {{5, 0, k, Site::latents, 0}, static_cast<int>(warmup)});
  }
  Outcome outcome;
  sweep.save(outcome.archive, context);
  outcome.acceptance = sweep.record().acceptance();
  return outcome;
}

Problem counts(int rows) {
  ModelOptions options;
  options.priors = {"b ~ normal(0, 1)", "Intercept ~ normal(0, 1)", "shape ~ gamma(8, 8)"};
  return {small_table(rows, 3, 4, 2), "y ~ x + w", Family::negative_binomial, options};
}

TEST(LinearMove, ChoosesIndependenceWithTheFamilysNumbersWhereTheGaussianIsClose) {
  const Outcome outcome = run(counts(400), 1000, 200);
  const RowMatrix& move = outcome.archive.at("linear_move");
  EXPECT_EQ(move(0), 0) << "turns";
  EXPECT_EQ(move(2), 1) << "joint";
  EXPECT_GT(outcome.acceptance, 0.7);
}

TEST(LinearMove, TakesHamiltonianMovesWhereTheGaussianIsFar) {
  // Few counts and wide priors: where they are zero the posterior is half a Gaussian.
  ModelOptions options;
  options.priors = {"b ~ normal(0, 30)", "Intercept ~ normal(0, 30)"};
  const Problem problem(small_table(4, 2, 2, 2), "y ~ x + w", Family::poisson, options);
  const Outcome outcome = run(problem, 1000, 200);
  EXPECT_GE(outcome.archive.at("linear_move")(0), 2);
  EXPECT_GT(outcome.acceptance, 0.5);
}

TEST(LinearMove, RefusesASavedStateOfAnotherSampler) {
  const Problem problem = counts(20);
  const Sweep sweep = make_sweep(*problem.context, problem.design);
  Archive archive;
  sweep.save(archive, *problem.context);
  EXPECT_NO_THROW(sweep.load(archive, *problem.context));
  archive.erase("linear_move");
  try {
    sweep.load(archive, *problem.context);
    ADD_FAILURE() << "loaded";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("'linear_move'"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("fit again"), std::string::npos);
  }
}

TEST(LinearMove, WorksWithoutWarmUp) {
  EXPECT_GT(run(counts(100), 0, 50).acceptance, 0.3);
  EXPECT_GT(run(counts(100), 10, 50).acceptance, 0.3);
}

}  // namespace
}  // namespace bdglm::test
