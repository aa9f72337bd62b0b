// The public library: draws in memory are those of a file, whatever is kept of the random effects.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <thread>

#include "bdglm/bdglm.hpp"
#include "fitfile/fit_file.hpp"
#include "fitfile/memory_draws.hpp"
#include "posterior/predict.hpp"
#include "run/run.hpp"
#include "support/message.hpp"
#include "support/program.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

Data small_data() {
  std::vector<double> x;
  std::vector<double> y;
  std::vector<std::string> g;
  for (int i = 0; i < 90; ++i) {
    x.push_back(i % 7 - 3);
    y.push_back((i * i) % 5 < 2 ? 1 : 0);
    g.push_back("level " + std::to_string(i % 9));
  }
  Data data;
  data.add_numbers("x", x).add_numbers("y", y).add_text("g", g);
  return data;
}

RunOptions short_run(const std::string& effects) {
  RunOptions run;
  run.chains = 2;
  run.warmup = 30;
  run.draws = 40;
  run.seed = 5;
  run.save_effects = effects;
  run.save = {"log_likelihood"};
  return run;
}

/// Every variable and every number that one source has the other has too.
void expect_same(const DrawSource& a, const DrawSource& b) {
  EXPECT_EQ(a.chains(), b.chains());
  EXPECT_EQ(a.draws(), b.draws());
  EXPECT_EQ(a.spec().at("frame"), b.spec().at("frame"));
  for (const char* group : {"posterior", "sample_stats", "thinned_effects", "log_likelihood"}) {
    if (std::string(group) == "thinned_effects" && !a.has(group, "r_g")) continue;
    EXPECT_EQ(a.draws(group), b.draws(group)) << group;
    for (const std::string& name : a.variables(group)) {
      ASSERT_TRUE(b.has(group, name)) << group << ' ' << name;
      EXPECT_TRUE(a.read(group, name) == b.read(group, name)) << group << ' ' << name;
    }
  }
  EXPECT_TRUE(a.data("constant_data", "fixed") == b.data("constant_data", "fixed"));
  EXPECT_TRUE(a.data("effect_moments", "r_g_mean") == b.data("effect_moments", "r_g_mean"));
  EXPECT_EQ(a.states(), b.states());
}

void expect_same_arrays(const Posterior& a, const Posterior& b) {
  const std::vector<std::string> names = a.arrays();
  EXPECT_EQ(names, b.arrays());
  for (const std::string& name : names) {
    const Array x = a.array(name);
    const Array y = b.array(name);
    EXPECT_EQ(x.values, y.values) << name;
    ASSERT_EQ(x.shape(), y.shape()) << name;
    for (std::size_t k = 0; k < x.dimensions.size(); ++k) {
      EXPECT_EQ(x.dimensions[k].name, y.dimensions[k].name) << name;
      EXPECT_EQ(x.dimensions[k].labels, y.dimensions[k].labels) << name;
    }
  }
}

TEST(Library, MemoryAndFileHoldTheSame) {
  for (const std::string effects : {"all", "moments", "none", "every=3"}) {
    const Workspace w;
    const ModelSpec model{.formula = "y ~ x + (1 + x | g)", .data = small_data(), .family = "bernoulli"};
    std::shared_ptr<MemoryDraws> memory;
    run_fit(make_job(model, short_run(effects)),
            [&](FitLayout layout) -> DrawSink& { return *(memory = std::make_shared<MemoryDraws>(std::move(layout))); },
            {});
    run_fit(make_job(model, short_run(effects)), w.path("f.nc"), {});
    memory->save(w.path("g.nc"), false);
    const FitReader written(w.path("f.nc"));
    const FitReader saved(w.path("g.nc"));
    expect_same(written, *memory);
    expect_same(*memory, written);
    expect_same(saved, written);
    const Posterior here(memory);
    expect_same_arrays(here, Posterior::open(w.path("f.nc")));
    expect_same_arrays(here, Posterior::open(w.path("g.nc")));
    if (effects == "none") continue;
    const Prediction a = here.predict(small_data());
    const Prediction b = Posterior::open(w.path("f.nc")).predict(small_data());
    EXPECT_EQ(a.notes, b.notes);
    for (std::size_t i = 0; i < a.rows.size(); ++i) {
      EXPECT_EQ(a.rows[i].expected[0].mean, b.rows[i].expected[0].mean) << effects << ' ' << i;
      EXPECT_EQ(a.rows[i].expected[0].low, b.rows[i].expected[0].low) << effects << ' ' << i;
    }
  }
}

TEST(Library, ArraysAreShapedAndLabelled) {
  const ModelSpec model{.formula = "y ~ x + (1 + x | g)", .data = small_data(), .family = "bernoulli"};
  const Posterior fit = bdglm::fit(model, short_run("every=3"));
  using Shape = std::vector<std::size_t>;
  const Array likelihood = fit.array("log_likelihood/y");
  EXPECT_EQ(likelihood.shape(), (Shape{2, 40, 90}));
  EXPECT_EQ(likelihood.dimensions[2].name, "obs");
  EXPECT_EQ(likelihood.dimensions[2].labels[4], "5");
  for (const double value : likelihood.values) ASSERT_LT(value, 0);
  const Array effects = fit.array("thinned_effects/r_g");
  EXPECT_EQ(effects.shape(), (Shape{2, 13, 9, 2}));
  EXPECT_EQ(effects.dimensions[1].labels[1], "5");
  EXPECT_EQ(effects.dimensions[2].labels[3], "level 3");
  EXPECT_EQ(effects.dimensions[3].labels, (std::vector<std::string>{"Intercept", "x"}));
  EXPECT_EQ(fit.array("sample_stats/diverging").shape(), (Shape{2, 40}));
  EXPECT_EQ(fit.array("observed_data/y").shape(), Shape{90});
  EXPECT_EQ(fit.array("posterior/b_x").values, fit.draws("b_x"));

  const Posterior moments = bdglm::fit(model, short_run("moments"));
  EXPECT_EQ(moments.array("effect_moments/r_g_covariance").shape(), (Shape{9, 2, 2}));
}

/// The likelihood of a row is that of its linear predictor at the same draw.
TEST(Library, LogLikelihoodsAreThoseOfTheDraws) {
  const Posterior fit = bdglm::fit({.formula = "y ~ x", .data = small_data(), .family = "bernoulli"}, short_run("all"));
  const std::vector<double> intercept = fit.draws("b_Intercept");
  const std::vector<double> slope = fit.draws("b_x");
  const std::vector<double> x = fit.array("constant_data/fixed").values;
  const std::vector<double> y = fit.array("observed_data/y").values;
  const std::vector<double> likelihood = fit.array("log_likelihood/y").values;
  ASSERT_EQ(x.size(), 2 * y.size());
  for (std::size_t s = 0; s < intercept.size(); ++s) {
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double eta = intercept[s] * x[2 * i] + slope[s] * x[2 * i + 1];
      ASSERT_NEAR(likelihood[s * y.size() + i], y[i] * eta - std::log1p(std::exp(eta)), 1e-6);
    }
  }
}

TEST(Library, MessagesSayWhatAFitHasAndHowToKeepMore) {
  RunOptions run = short_run("moments");
  run.save.clear();
  const Posterior fit = bdglm::fit({.formula = "y ~ x + (1 | g)", .data = small_data()}, run);
  const auto array = [&](const std::string& name) { return message([&] { fit.array(name); }); };
  EXPECT_HAS(array("log_likelihood/y"), "`save` log_likelihood");
  EXPECT_HAS(array("log_likelihood"), "`save` log_likelihood");
  EXPECT_HAS(array("posterior_predictive/y"), "`save` posterior_predictive");
  EXPECT_HAS(array("sample_stats/divergin"), "did you mean 'sample_stats/diverging'");
  EXPECT_HAS(array("lp"), "did you mean 'sample_stats/lp'");
  EXPECT_HAS(array("posterior/r_g"), "`save_effects` moments");
  EXPECT_HAS(array("what"), "it has 'posterior/b_Intercept'");
  EXPECT_HAS(message([&] { fit.draws("r_g[level 1,Intercept]"); }), "`save_effects` moments");
  EXPECT_HAS(message([&] { fit.draws("b_y"); }), "did you mean 'b_x'");
  Data unseen;
  unseen.add_numbers("x", {1}).add_text("g", {"another"});
  EXPECT_HAS(message([&] { fit.predict(unseen, {.groups = GroupMode::known}); }),
             "use `GroupMode::fresh` to draw its effects or `GroupMode::none` to leave effects out");
}

TEST(Library, FitsStayWhenTheWorkingDirectoryChanges) {
  const Workspace w;
  const std::filesystem::path before = std::filesystem::current_path();
  const Watcher leaves = [&](const Progress&) {
    std::filesystem::current_path(before);
    return true;
  };
  std::filesystem::current_path(w.path("."));
  const Posterior fit = fit_to_file({.formula = "y ~ x", .data = small_data()}, "f.nc", short_run("all"), leaves);
  EXPECT_EQ(std::filesystem::current_path(), before);
  EXPECT_EQ(fit.draws("b_x").size(), 80U);
  std::filesystem::current_path(w.path("."));
  EXPECT_EQ(resume("f.nc", {.draws = 60}, leaves).draws("b_x").size(), 120U);
  EXPECT_EQ(std::filesystem::current_path(), before);
  std::filesystem::remove(w.path("f.nc"));
  EXPECT_HAS(message([&] { fit.draws("b_x"); }), "no file '" + w.path("f.nc"));
  EXPECT_HAS(message([] { Posterior::open(""); }), "no file ''");
}

TEST(Library, RowsWithMissingInputsHaveNoPrediction) {
  const Posterior fit = bdglm::fit({.formula = "y ~ x", .data = small_data()}, short_run("all"));
  Data rows;
  rows.add_numbers("x", {1, std::nan(""), 2});
  const Prediction prediction = fit.predict(rows);
  ASSERT_EQ(prediction.rows.size(), 3U);
  EXPECT_EQ(prediction.rows[0].expected.size(), 1U);
  EXPECT_TRUE(prediction.rows[1].expected.empty());
  EXPECT_FALSE(prediction.notes.empty());
}

TEST(Library, CopiesOfDataDoNotChangeWithEachOther) {
  Data data;
  data.add_numbers("x", {1, 2});
  Data copy = data;
  copy.add_text("g", {"a", ""});
  EXPECT_EQ(data.names(), std::vector<std::string>{"x"});
  EXPECT_EQ(copy.names().size(), 2U);
  EXPECT_THROW(copy.add_numbers("z", {1}), DataError);
  EXPECT_THROW(copy.add_numbers("x", {1, 2}), DataError);
}

TEST(Library, TextThatFilesCannotHoldIsRefused) {
  Data data;
  EXPECT_THROW(data.add_text("g", {"a", "a\xff"}), DataError);
  EXPECT_THROW(data.add_text("g", {std::string("a\0b", 3)}), DataError);
  EXPECT_THROW(data.add_numbers("q\xff", {1}), DataError);
  EXPECT_TRUE(data.names().empty());
  const Workspace w;
  w.write("a.csv", "x\n1\n");
  w.write("b.csv", "x\n2\n");
  EXPECT_EQ(Data::read({w.path("a.csv"), w.path("b.csv")}).rows(), 2U);
  Data moved = std::move(data);
  EXPECT_EQ(data.rows(), 0U);
}

/// Several threads write, read and predict at once; on other threads than the one that began, too.
TEST(Library, FilesMayBeUsedByThreads) {
  const Workspace w;
  testing::internal::CaptureStderr();
  std::vector<std::thread> threads;
  std::vector<double> means(4);
  for (int k = 0; k < 4; ++k)
    threads.emplace_back([&, k] {
      const std::string path = w.path("t" + std::to_string(k) + ".nc");
      const ModelSpec model{.formula = "y ~ x + (1 | g)", .data = small_data(), .family = "bernoulli"};
      const Posterior fit = fit_to_file(model, path, short_run("all"));
      for (int again = 0; again < 3; ++again)
        means[static_cast<std::size_t>(k)] = fit.predict(small_data()).rows[0].expected[0].mean + fit.summary()[0].mean;
    });
  for (std::thread& thread : threads) thread.join();
  for (const double mean : means) EXPECT_EQ(mean, means[0]);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Library, CountsOfThousandsConverge) {
  std::vector<double> x;
  std::vector<double> y;
  for (int i = 0; i < 60; ++i) {
    x.push_back(std::sin(i));
    y.push_back(1000 * (1 + i % 3));
  }
  Data data;
  data.add_numbers("x", x).add_numbers("y", y);
  RunOptions run = short_run("all");
  run.warmup = 200;
  run.draws = 200;
  const Posterior fit = bdglm::fit({.formula = "y ~ x", .data = data, .family = "poisson"}, run);
  const ParameterSummary intercept = fit.summary()[0];
  EXPECT_NEAR(intercept.mean, std::log(2000), 0.02);
  EXPECT_LT(intercept.rhat, 1.05);
}

TEST(Library, MessagesNameSettingsAsTheSpecificationDoes) {
  const auto message = [](const ModelSpec& model, const RunOptions& run) {
    return test::message([&] { bdglm::fit(model, run); });
  };
  const ModelSpec model{.formula = "y ~ x", .data = small_data()};
  RunOptions run = short_run("every=50");
  EXPECT_HAS(message(model, run), "`save_effects` every=50");
  run = short_run("all");
  run.chains = 0;
  EXPECT_HAS(message(model, run), "`chains` is a whole number from 1 to 4096, not 0");
  ModelSpec noisy = model;
  noisy.layer_noise = "loud";
  EXPECT_HAS(message(noisy, short_run("all")), "`layer_noise` is 'learned'");
  ModelSpec unknown = model;
  unknown.na = "drop";
  EXPECT_HAS(message(unknown, short_run("all")), "`na` is 'omit', 'error', 'impute', not 'drop'");
}

}  // namespace
}  // namespace bdglm::test
