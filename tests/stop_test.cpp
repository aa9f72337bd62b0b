// Runs that are stopped within a step or a sweep: what is kept goes on to the draws of a run that nobody stopped.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <thread>

#include "base/stop_point.hpp"
#include "bdglm/bdglm.hpp"
#include "run/chain_threads.hpp"
#include "support/program.hpp"

namespace bdglm::test {
namespace {

Data data_of(int rows) {
  std::vector<double> x;
  std::vector<double> z;
  std::vector<double> y;
  std::vector<std::string> g;
  for (int i = 0; i < rows; ++i) {
    x.push_back(std::sin(i));
    z.push_back(std::cos(3 * i));
    y.push_back((i * i) % 5 < 2 ? 1 : 0);
    g.push_back("level " + std::to_string(i % 9));
  }
  Data data;
  data.add_numbers("x", x).add_numbers("z", z).add_numbers("y", y).add_text("g", g);
  return data;
}

RunOptions run_of(int warmup, int draws) {
  RunOptions run;
  run.chains = 3;
  run.threads = 2;
  run.warmup = warmup;
  run.draws = draws;
  run.seed = 11;
  run.save_effects = "moments";
  return run;
}

/// A NaN, which a constant has, equals itself.
bool same(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

void expect_same(const Posterior& a, const Posterior& b, const std::string& about) {
  ASSERT_EQ(a.arrays(), b.arrays()) << about;
  for (const std::string& name : a.arrays())
    EXPECT_TRUE(same(a.array(name).values, b.array(name).values)) << about << ": " << name;
}

/// How often a whole run asks whether to stop.
long long questions(const ModelSpec& model, const RunOptions& run) {
  std::atomic<long long> asked = 0;
  fit(model, run, {}, [&] { return ++asked, false; });
  return asked;
}

/// Stops the run at `stops` questions spread over it, each time from the beginning, and goes on with it.
void expect_resumed_alike(const ModelSpec& model, const RunOptions& run, int stops) {
  const Posterior whole = fit(model, run);
  const long long all = questions(model, run);
  for (int k = 0; k < stops; ++k) {
    const long long question = (2 * k + 1) * all / (2 * stops);
    const std::string about = model.formula + ", question " + std::to_string(question) + " of " + std::to_string(all);
    const Workspace w;
    std::atomic<long long> asked = 0;
    const StopRequest stop = [&] { return ++asked >= question; };
    EXPECT_FALSE(fit_to_file(model, w.path("a.nc"), run, {}, stop).complete()) << about;
    // Stopped again while it goes on.
    asked = question - std::min(question / 2, all / 10);
    resume(w.path("a.nc"), {}, {}, stop);
    expect_same(resume(w.path("a.nc")), whole, about);
  }
}

TEST(Stops, WithinASweepLoseNothingOfAMixedModel) {
  const ModelSpec model{.formula = "y ~ x + (1 + z | g)", .data = data_of(700), .family = "bernoulli"};
  expect_resumed_alike(model, run_of(30, 40), 6);
}

TEST(Stops, WithinAWarmStartOrASweepLoseNothingOfANetwork) {
  const ModelSpec model{
      .formula = "y ~ deep(x, z, layers = c(6, 4)) + (1 | g)", .data = data_of(700), .family = "bernoulli"};
  expect_resumed_alike(model, run_of(10, 10), 8);
}

TEST(Stops, WithinASweepLoseNothingOfHiddenUnits) {
  const ModelSpec model{.formula = "y ~ deep(x, z, layers = c(5, 4))",
                        .data = data_of(300),
                        .family = "gaussian",
                        .layer_noise = "learned"};
  expect_resumed_alike(model, run_of(10, 10), 4);
}

TEST(Stops, WithinASweepLoseNothingOfCounts) {
  const ModelSpec model{.formula = "y ~ x * z + (1 | g)", .data = data_of(600), .family = "negative_binomial"};
  expect_resumed_alike(model, run_of(20, 20), 4);
  const ModelSpec fixed{.formula = "y ~ x * z", .data = data_of(600), .family = "poisson"};
  expect_resumed_alike(fixed, run_of(20, 20), 4);
}

/// The draws in memory of a run that is stopped are those that a whole run begins with.
TEST(Stops, LeaveWholeDrawsInMemory) {
  const ModelSpec model{.formula = "y ~ x + (1 | g)", .data = data_of(600), .family = "bernoulli"};
  RunOptions run = run_of(20, 60);
  run.thin = 1;
  const Posterior whole = fit(model, run);
  std::atomic<long long> asked = 0;
  const long long question = 9 * questions(model, run) / 10;
  const Posterior part = fit(model, run, {}, [&] { return ++asked >= question; });
  const std::size_t draws = part.draws_per_chain();
  ASSERT_LT(draws, 60U);
  const std::vector<double> few = part.draws("b_x");
  const std::vector<double> many = whole.draws("b_x");
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t s = 0; s < draws; ++s) ASSERT_EQ(few[c * draws + s], many[c * 60 + s]);
}

TEST(Stops, AreAskedForManyTimesInASweep) {
  const ModelSpec model{.formula = "y ~ deep(x, z, layers = c(6, 4))", .data = data_of(2048), .family = "bernoulli"};
  RunOptions run = run_of(4, 4);
  run.chains = 1;
  // A gradient move is of 8 steps at least, each of 8 blocks of rows.
  EXPECT_GT(questions(model, run), 8 * 8 * 8);
}

TEST(Stops, AreLookedAtWhileTheCallerWaits) {
  std::atomic<int> begun = 0;
  std::atomic<int> looks = 0;
  const std::thread::id caller = std::this_thread::get_id();
  const auto pause = [] { std::this_thread::sleep_for(std::chrono::milliseconds(1)); };
  for_each_chain(
      2, 2,
      [&](int) {
        // Each thread has a chain; the caller's ends at once, the other's when the caller has looked.
        for (++begun; begun < 2;) pause();
        for (int k = 0; std::this_thread::get_id() != caller && looks < 3 && k < 20000; ++k) pause();
      },
      [&] { ++looks; });
  EXPECT_GE(looks, 3);
}

/// However little time each has, runs come to the end of an uninterrupted one.
TEST(Stops, AtTheEndOfItsTimeComeAfterARound) {
  const ModelSpec model{.formula = "y ~ deep(x, z, layers = c(4))", .data = data_of(200), .family = "bernoulli"};
  RunOptions run = run_of(6, 6);
  const Posterior whole = fit(model, run);
  const Workspace w;
  run.max_seconds = 1e-9;
  bool complete = fit_to_file(model, w.path("a.nc"), run).complete();
  EXPECT_FALSE(complete);
  for (int k = 0; k < 1000 && !complete; ++k) complete = resume(w.path("a.nc"), {.max_seconds = 1e-9}).complete();
  ASSERT_TRUE(complete);
  expect_same(resume(w.path("a.nc")), whole, "a round at a time");
}

/// What looks at a posterior leaves its work on all threads, and can be asked again.
TEST(Stops, LeaveWhatLooksAtAPosterior) {
  const ModelSpec model{
      .formula = "y ~ x + deep(z, layers = c(4)) + (1 | g)", .data = data_of(3000), .family = "bernoulli"};
  RunOptions run = run_of(10, 40);
  run.save_effects = "all";
  const Posterior posterior = fit(model, run);
  const Data rows = data_of(3000);
  const std::pair<const char*, std::function<void()>> calls[] = {
      {"predict", [&] { posterior.predict(rows, {.threads = 2}); }},
      {"evaluate", [&] { posterior.evaluate(rows); }},
      {"effects", [&] { posterior.effects("x", {.threads = 2}); }},
      {"comparisons", [&] { posterior.effects(rows, "z", {.kind = EffectKind::comparisons}); }},
      {"slopes", [&] { posterior.effects("z", {.kind = EffectKind::slopes}); }},
      {"loo", [&] { posterior.loo(2); }},
      {"compare",
       [&] {
         compare({{"a", posterior}, {"b", posterior}}, 2);
       }},
      {"check", [&] { posterior.check(GroupMode::fresh, 2); }},
      {"report", [&] { posterior.report(ReportForm::json); }},
      {"summary", [&] { posterior.summary(); }}};
  for (const auto& [name, call] : calls) {
    std::atomic<long long> asked = 0;
    std::atomic<long long> last = std::numeric_limits<long long>::max();
    const StopRequest stop = [&] { return ++asked >= last; };
    const StopScope scope(stop);
    call();
    const long long all = asked;
    ASSERT_GT(all, 5) << name;
    for (const long long question : {1LL, all / 2, 9 * all / 10}) {
      asked = 0;
      last = question;
      EXPECT_THROW(call(), Stopped) << name << ", question " << question << " of " << all;
    }
    last = std::numeric_limits<long long>::max();
    EXPECT_NO_THROW(call()) << name;
  }
}

TEST(Stops, ArePassedByOutsideOfARun) {
  stop_point();
  const std::function<bool()> yes = [] { return true; };
  const std::function<bool()> no = [] { return false; };
  const StopScope outer(yes);
  EXPECT_THROW(stop_point(), Stopped);
  {
    const StopScope inner(no);
    stop_point();
  }
  EXPECT_THROW(stop_point(), Stopped);
}

}  // namespace
}  // namespace bdglm::test
