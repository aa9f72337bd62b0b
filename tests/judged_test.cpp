// Which parameters tell of convergence beside a network, by the columns that their terms read.
#include "model/judged.hpp"

#include <gtest/gtest.h>

#include "design/design.hpp"

namespace bdglm::test {
namespace {

/// A table of the columns y, x, x2, u/v (text, a factor), g and h (groups).
Table make_table() {
  Table table;
  const auto add = [&](const std::string& name, int period, bool text) {
    Column column;
    column.name = name;
    column.numeric = !text;
    if (text)
      for (int k = 0; k < period; ++k) column.labels.push_back(std::string(1, static_cast<char>('a' + k)));
    for (int i = 0; i < 60; ++i) {
      if (text)
        column.codes.push_back((i / 2) % period);
      else
        column.numbers.push_back(i % period);
    }
    table.add(column);
  };
  add("y", 2, false);
  add("x", 7, false);
  add("x2", 11, false);
  add("f", 3, true);
  add("g", 5, true);
  add("h", 4, true);
  return table;
}

JudgedParameters judged(const std::string& formula) {
  return {make_frame({formula}, "", make_table()), Family::bernoulli};
}

TEST(Judged, EverythingWithoutANetwork) {
  const JudgedParameters j = judged("y ~ x + f + (1 + x | g)");
  EXPECT_TRUE(j.all());
  for (const char* name : {"b_Intercept", "b_x", "b_fb", "sd_g__Intercept", "cor_g__Intercept__x", "sigma"})
    EXPECT_TRUE(j.contains(name)) << name;
}

TEST(Judged, QuantitiesOfLayersAndTheInterceptAreNot) {
  const JudgedParameters j = judged("y ~ deep(x) + x2 + (1 | g)");
  EXPECT_FALSE(j.all());
  for (const char* name :
       {"b_Intercept", "b[Intercept]", "weight_scale", "weight_scale[2]", "layer_noise[1]", "input_relevance[x]"})
    EXPECT_FALSE(j.contains(name)) << name;
  for (const char* name :
       {"b_x2", "b[x2]", "sd_g__Intercept", "sigma", "sigma[a]", "prediction[1]", "r_g[a,Intercept]", "hs_global"})
    EXPECT_TRUE(j.contains(name)) << name;
}

TEST(Judged, TermsWhoseColumnsTheNetworkReads) {
  const JudgedParameters j = judged("y ~ deep(x, f) + x + f + I(x^2) + x:f + x2 + x:x2 + (1 + x + x2 | g) + (1 | f)");
  for (const char* name :
       {"b_x", "b_fb", "b_fc", "b_I(x^2)", "b_x:fb", "b[x:fc]", "sd_f__Intercept", "r_f[a,Intercept]", "hs_global"})
    EXPECT_FALSE(j.contains(name)) << name;
  for (const char* name : {"b_x2", "b_x:x2", "sd_g__Intercept", "sd_g__x", "cor_g__Intercept__x", "r_g[a,x]"})
    EXPECT_TRUE(j.contains(name)) << name;
}

TEST(Judged, GroupsThatTheNetworkReads) {
  const JudgedParameters j = judged("y ~ deep(x, g, layers = c(3)) + (1 + x + x2 | g) + (deep | h)");
  for (const char* name :
       {"sd_g__Intercept", "sd_g__x", "cor_g__Intercept__x", "cor_g__x__x2", "r_g[a,x]", "r_g[a,b,x]", "sd_h__unit3",
        "cor_h__unit1__unit2", "r_h[a,unit2]", "sd_h[unit1]", "cor_h[unit1__unit3]"})
    EXPECT_FALSE(j.contains(name)) << name;
  for (const char* name : {"sd_g__x2", "r_g[a,x2]", "prediction[3]"}) EXPECT_TRUE(j.contains(name)) << name;
}

}  // namespace
}  // namespace bdglm::test
