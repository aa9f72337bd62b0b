// Fit files whose numbers tell which draw they belong to.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "fitfile/fit_file.hpp"

namespace bdglm::test {

constexpr int kChains = 2;
constexpr std::size_t kLevels = 300;

/// A layout with a scalar, an array, a compressed array and thinned draws.
inline FitLayout small_layout() {
  Dimension levels{"g", {}, {}};
  for (std::size_t g = 0; g < kLevels; ++g) levels.labels.push_back("level " + std::to_string(g));
  Dimension obs{"obs", {}, {}};
  for (long long i = 1; i <= 50; ++i) obs.numbers.push_back(2 * i);
  DrawVariable thinned{"thinned_effects", "u", {levels}};
  thinned.every = 3;
  return {{{"posterior", "a", {}},
           {"posterior", "r_g", {levels}},
           {"sample_stats", "diverging", {}, DrawVariable::Kind::boolean},
           {"log_likelihood", "y", {obs}, DrawVariable::Kind::compressed},
           thinned},
          {{"observed_data", "y", {obs}, RowMatrix::Constant(50, 1, 7)}, {"effect_moments", "m", {levels}, {}}},
          kChains,
          16,
          {{"formula", "y ~ 1"}, {"seconds", 0}}};
}

inline double value(int chain, std::size_t draw, std::size_t at) {
  return static_cast<double>(chain) + 10.0 * static_cast<double>(draw) + 0.001 * static_cast<double>(at);
}

inline void add_draws(FitWriter& writer, std::size_t count) {
  for (int c = 0; c < kChains; ++c) {
    const std::size_t from = writer.draws() - (c == 0 ? 0 : count);
    for (std::size_t d = from; d < from + count; ++d) {
      std::vector<double> values = {value(c, d, 0)};
      for (std::size_t g = 0; g < kLevels; ++g) values.push_back(value(c, d, g));
      values.push_back(d % 2 == 0 ? 1 : 0);
      for (std::size_t i = 0; i < 50; ++i) values.push_back(value(c, d, i));
      for (std::size_t g = 0; g < kLevels && (d + 1) % 3 == 0; ++g) values.push_back(-value(c, d, g));
      writer.add(c, std::move(values));
    }
  }
}

/// States that know how many draws there were.
inline std::vector<std::vector<double>> states(std::size_t draws) {
  return {std::vector<double>(20, static_cast<double>(draws)), std::vector<double>(25, -static_cast<double>(draws))};
}

inline void commit(FitWriter& writer) {
  writer.commit({{"sweeps", writer.draws()}, {"complete", false}, {"over", {{"seconds", 5}}}}, states(writer.draws()));
}

/// Everything that the file holds belongs to one commit, whose number of draws is returned.
inline std::size_t expect_whole(const std::string& path) {
  const FitReader file(path);
  const std::size_t draws = file.draws();
  EXPECT_EQ(file.spec().at("progress").at("sweeps").get<std::size_t>(), draws);
  const RowMatrix a = file.read("posterior", "a");
  const RowMatrix r = file.read("posterior", "r_g");
  const RowMatrix y = file.read("log_likelihood", "y");
  const RowMatrix u = file.read("thinned_effects", "u");
  EXPECT_EQ(static_cast<std::size_t>(a.rows()), kChains * draws);
  EXPECT_EQ(static_cast<std::size_t>(u.rows()), kChains * (draws / 3));
  for (int c = 0; c < kChains; ++c)
    for (std::size_t d = 0; d < draws; ++d) {
      const auto row = static_cast<Eigen::Index>(static_cast<std::size_t>(c) * draws + d);
      EXPECT_EQ(a(row, 0), value(c, d, 0));
      EXPECT_EQ(r(row, kLevels - 1), value(c, d, kLevels - 1));
      EXPECT_FLOAT_EQ(static_cast<float>(y(row, 49)), static_cast<float>(value(c, d, 49)));
    }
  const auto saved = file.states();
  if (!saved.empty()) {
    EXPECT_EQ(saved, states(draws));
  }
  return draws;
}

}  // namespace bdglm::test
