// Stacked chains: weights, the draws they leave, and predictions of these, against the same by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "bdglm/bdglm.hpp"
#include "diagnostics/leave_one_out.hpp"
#include "diagnostics/stacking.hpp"
#include "posterior/predict.hpp"
#include "support/message.hpp"

namespace bdglm::test {
namespace {

constexpr int kRows = 60;
constexpr int kChains = 4;

/// Rows of a curve, in groups that differ.
ModelSpec spec(const std::string& formula, const std::string& family) {
  std::vector<double> x, y, yes;
  std::vector<std::string> group;
  for (int i = 0; i < kRows; ++i) {
    x.push_back(std::sin(1.7 * i));
    y.push_back(4 * std::fabs(x.back()) + 0.8 * (i % 5) + 0.5 * std::cos(11.0 * i));
    yes.push_back(y.back() > 3.5 ? 1 : 0);
    group.push_back("g" + std::to_string(i % 5));
  }
  ModelSpec model;
  model.formula = formula;
  model.family = family;
  model.data.add_numbers("x", x).add_numbers("y", y).add_numbers("yes", yes).add_text("g", group);
  return model;
}

/// Chains so short that they are still where they began.
Posterior disagreeing(const ModelSpec& model, int chains = kChains, std::vector<std::string> save = {},
                      const std::string& effects = "all") {
  RunOptions run;
  run.chains = chains;
  run.warmup = 3;
  run.draws = 45;
  run.seed = 8;
  run.device = "cpu";
  run.save = std::move(save);
  run.save_effects = effects;
  return fit(model, run);
}

Eigen::VectorXd weights_by_hand(const Posterior& posterior) {
  const Array saved = posterior.array("log_likelihood/y");  // chain x draw x row
  const std::vector<std::size_t> shape = saved.shape();
  Eigen::MatrixXd elpd(shape[2], shape[0]);
  for (std::size_t c = 0; c < shape[0]; ++c)
    for (std::size_t i = 0; i < shape[2]; ++i) {
      Eigen::ArrayXd own(shape[1]);
      for (std::size_t s = 0; s < shape[1]; ++s)
        own[static_cast<Eigen::Index>(s)] = saved.values[(c * shape[1] + s) * shape[2] + i];
      elpd(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(c)) = row_accuracy(own, 1).elpd_loo;
    }
  return stacking_weights(elpd);
}

/// The draws that these weights leave of `all` of each chain, counted through.
std::vector<std::size_t> draws_left(const Eigen::VectorXd& weights, Eigen::Index all) {
  std::vector<std::size_t> left;
  for (Eigen::Index c = 0; c < weights.size(); ++c)
    for (const Eigen::Index s :
         spread_draws(std::lround(weights[c] / weights.maxCoeff() * static_cast<double>(all)), all))
      left.push_back(static_cast<std::size_t>(c * all + s));
  return left;
}

TEST(StackedChains, PredictWithTheDrawsThatTheirWeightsLeave) {
  struct Case {
    std::string formula, family, effects;
    Eigen::Index draws;  ///< of a chain that predict
  };
  for (const Case& c : {Case{"y ~ deep(x, layers = c(3))", "gaussian", "all", 45},
                        Case{"yes ~ deep(x, layers = c(3)) + (1 | g)", "bernoulli", "all", 45},
                        Case{"y ~ deep(x, layers = c(3)) + (1 | g)", "gaussian", "every=3", 15}}) {
    const ModelSpec model = spec(c.formula, c.family);
    const Posterior posterior = disagreeing(model, kChains, {"log_likelihood"}, c.effects);
    const Eigen::VectorXd weights = weights_by_hand(posterior);
    ASSERT_LT(weights.minCoeff(), 0.9 * weights.maxCoeff()) << "chains that do not disagree tell nothing";
    const std::vector<std::size_t> left = draws_left(weights, c.draws);
    PredictOptions options;
    options.draws = 1000;
    const Prediction equal = posterior.predict(model.data, options);
    options.weights = ChainWeights::stacked;
    const Prediction stacked = posterior.predict(model.data, options);
    ASSERT_FALSE(stacked.notes.empty());
    EXPECT_NE(stacked.notes.back().find("no longer of the posterior"), std::string::npos) << stacked.notes.back();
    EXPECT_EQ(std::set<std::string>(stacked.notes.begin(), stacked.notes.end()).size(), stacked.notes.size());
    for (std::size_t i = 0; i < kRows; ++i) {
      const std::vector<double>& all = equal.rows[i].expected.front().draws;
      const std::vector<double>& some = stacked.rows[i].expected.front().draws;
      ASSERT_EQ(all.size(), static_cast<std::size_t>(kChains * c.draws));
      ASSERT_EQ(some.size(), left.size());
      double sum = 0;
      for (std::size_t s = 0; s < left.size(); ++s) {
        EXPECT_EQ(some[s], all[left[s]]) << c.formula << ' ' << i << ' ' << s;
        sum += some[s];
      }
      EXPECT_NEAR(stacked.rows[i].expected.front().mean, sum / static_cast<double>(left.size()), 1e-12);
    }
  }
}

TEST(StackedChains, ScoresAreThoseOfTheMixture) {
  const ModelSpec model = spec("y ~ deep(x, layers = c(3)) + (1 | g)", "gaussian");
  const Posterior saved = disagreeing(model, kChains, {"log_likelihood"});
  const std::vector<std::size_t> left = draws_left(weights_by_hand(saved), 45);
  const Array likelihood = saved.array("log_likelihood/y");
  double score = 0;
  for (std::size_t i = 0; i < kRows; ++i) {
    double density = 0;
    for (const std::size_t s : left) density += std::exp(likelihood.values[s * kRows + i]);
    score += std::log(density / static_cast<double>(left.size())) / kRows;
  }
  const Evaluation stacked = saved.evaluate(model.data, GroupMode::known, ChainWeights::stacked);
  EXPECT_NEAR(stacked.log_score, score, 1e-5);  // saved in single precision
  EXPECT_EQ(stacked.chain_weights.size(), static_cast<std::size_t>(kChains));
  EXPECT_TRUE(saved.evaluate(model.data, GroupMode::known).chain_weights.empty());
  // By stacking's own measure they do better than equal ones on rows that are like those left out.
  EXPECT_GT(stacked.log_score, saved.evaluate(model.data, GroupMode::known).log_score);
  const Posterior unsaved = disagreeing(model);
  EXPECT_NEAR(unsaved.evaluate(model.data, GroupMode::known, ChainWeights::stacked).log_score, score, 1e-5);
}

TEST(StackedChains, OneChainHasAllTheWeight) {
  const ModelSpec model = spec("y ~ deep(x, layers = c(3))", "gaussian");
  const Posterior posterior = disagreeing(model, 1);
  const Evaluation equal = posterior.evaluate(model.data);
  const Evaluation stacked = posterior.evaluate(model.data, GroupMode::fresh, ChainWeights::stacked);
  EXPECT_EQ(stacked.log_score, equal.log_score);
  EXPECT_EQ(stacked.notes.back(), "the fit has one chain, which has all the weight");
}

TEST(StackedChains, NeedEffectsOfTheirOwn) {
  const ModelSpec model = spec("y ~ x + (1 | g)", "gaussian");
  const Posterior posterior = disagreeing(model, 2, {"log_likelihood"}, "moments");
  EXPECT_NE(message([&] {
              posterior.evaluate(model.data, GroupMode::known, ChainWeights::stacked);
            }).find("chains cannot weigh differently; give equal weights"),
            std::string::npos);
  EXPECT_EQ(message([&] { posterior.evaluate(model.data, GroupMode::none, ChainWeights::stacked); }), "no error");
}

TEST(StackedChains, NeedALogLikelihoodOfTheRows) {
  const ModelSpec model = spec("y ~ x + (1 | g)", "gaussian");
  const Posterior posterior = disagreeing(model, 2, {}, "moments");
  EXPECT_NE(message([&] {
              posterior.evaluate(model.data, GroupMode::none, ChainWeights::stacked);
            }).find("kept no draws of the effects of 'g'"),
            std::string::npos);
}

}  // namespace
}  // namespace bdglm::test
