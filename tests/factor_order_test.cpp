// Factors in memory whose levels have an order of their own.
#include <gtest/gtest.h>

#include "bdglm/bdglm.hpp"

namespace bdglm::test {
namespace {

/// Levels in an order of their own: the first that occurs is the reference, text is sorted.
TEST(Data, FactorsKeepTheOrderOfTheirLevels) {
  const RunOptions run = {.chains = 2, .warmup = 30, .draws = 40, .seed = 5};
  const std::vector<std::string> levels = {"never", "low", "mid", "high"};
  Data data;
  std::vector<std::int32_t> codes;
  std::vector<std::string> text;
  std::vector<double> y;
  for (int i = 0; i < 60; ++i) {
    codes.push_back(i == 7 ? -1 : 1 + i % 3);
    text.push_back(i == 7 ? "" : levels[static_cast<std::size_t>(codes.back())]);
    y.push_back(i % 5);
  }
  data.add_numbers("y", y).add_factor("ordered", codes, levels).add_text("text", text);
  const Posterior own = fit({.formula = "y ~ ordered", .data = data}, run);
  EXPECT_EQ(own.names(), (std::vector<std::string>{"b_Intercept", "b_orderedmid", "b_orderedhigh", "sigma"}));
  const Posterior sorted = fit({.formula = "y ~ text", .data = data}, run);
  EXPECT_EQ(sorted.names(), (std::vector<std::string>{"b_Intercept", "b_textlow", "b_textmid", "sigma"}));
  Data one;
  one.add_factor("ordered", {2}, {"a", "b", "high"});
  EXPECT_EQ(own.predict(one).rows.size(), 1U);
  EXPECT_THROW(Data().add_factor("f", {0}, {"a", "a"}), DataError);
  EXPECT_THROW(Data().add_factor("f", {2}, {"a", "b"}), DataError);
  EXPECT_THROW(Data().add_factor("f", {0}, {""}), DataError);
}

}  // namespace
}  // namespace bdglm::test
