// Known answers of Philox, addresses of streams, and the pinned list of sites.
#include <gtest/gtest.h>

#include <set>

#include "random/stream.hpp"

namespace bdglm {
namespace {

TEST(Philox, KnownAnswers) {
  // Random123's kat_vectors for philox4x32 with 10 rounds.
  const PhiloxBlock zero = philox4x32_10({{0, 0, 0, 0}}, 0);
  EXPECT_EQ(zero.word[0], 0x6627e8d5U);
  EXPECT_EQ(zero.word[1], 0xe169c58dU);
  EXPECT_EQ(zero.word[2], 0xbc57ac4cU);
  EXPECT_EQ(zero.word[3], 0x9b00dbd8U);
  const PhiloxBlock ones = philox4x32_10({{~0U, ~0U, ~0U, ~0U}}, ~std::uint64_t{0});
  EXPECT_EQ(ones.word[0], 0x408f276dU);
  EXPECT_EQ(ones.word[1], 0x41c83b0eU);
  EXPECT_EQ(ones.word[2], 0xa20bc7c6U);
  EXPECT_EQ(ones.word[3], 0x6d5451fdU);
  const PhiloxBlock pi = philox4x32_10({{0x243f6a88U, 0x85a308d3U, 0x13198a2eU, 0x03707344U}}, 0x299f31d0a4093822ULL);
  EXPECT_EQ(pi.word[0], 0xd16cfe09U);
  EXPECT_EQ(pi.word[1], 0x94fdccebU);
  EXPECT_EQ(pi.word[2], 0x5001e420U);
  EXPECT_EQ(pi.word[3], 0x24126ea1U);
}

TEST(Stream, EveryPartOfTheAddressMatters) {
  const Address base{5, 1, 2, Site::latents, 3};
  std::vector<Stream> streams = {Stream(base, 7), Stream(base, 8)};
  for (int part = 0; part < 5; ++part) {
    Address other = base;
    if (part == 0) other.seed = 6;
    if (part == 1) other.chain = 2;
    if (part == 2) other.sweep = 3;
    if (part == 3) other.site = Site::arrow_core;
    if (part == 4) other.instance = 4;
    streams.emplace_back(other, 7);
  }
  std::set<std::uint32_t> first;
  for (Stream& stream : streams) first.insert(stream.bits());
  EXPECT_EQ(first.size(), streams.size());
}

TEST(Stream, ReadsItsBlocksInOrderAndRepeats) {
  const Address address{5, 1, 2, Site::latents, 3};
  Stream a(address, 7);
  Stream b(address, 7);
  std::set<std::uint32_t> seen;
  for (int k = 0; k < 1000; ++k) {
    const std::uint32_t bits = a.bits();
    EXPECT_EQ(bits, b.bits());
    seen.insert(bits);
  }
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(Stream, FoursAndSkipsReadTheSameWords) {
  const Address address{42, 3, 1, Site::simulation, 5};
  Stream singly(address, 9);
  Stream by_fours(address, 9);
  Stream skipping(address, 9);
  skipping.skip_to(2);
  for (int block = 0; block < 4; ++block) {
    double four[4];
    by_fours.four_uniforms(four);
    for (const double each : four) {
      const double u = singly.uniform<double>();
      EXPECT_EQ(each, u);
      if (block >= 2) {
        EXPECT_EQ(skipping.uniform<double>(), u);
      }
    }
  }
  singly.bits();
  by_fours.bits();
  float four[4];
  by_fours.four_uniforms(four);
  for (const float each : four) EXPECT_EQ(each, singly.uniform<float>());
}

TEST(Stream, UniformsStayInsideTheOpenInterval) {
  Stream stream({1, 0, 0, Site::simulation, 0}, 0);
  for (int k = 0; k < 100000; ++k) {
    const float f = stream.uniform<float>();
    EXPECT_GT(f, 0.0F);
    EXPECT_LT(f, 1.0F);
    const double d = stream.uniform53();
    EXPECT_GT(d, 0.0);
    EXPECT_LT(d, 1.0);
  }
}

TEST(Site, NumbersArePinned) {
  EXPECT_EQ(static_cast<int>(Site::latents), 0);
  EXPECT_EQ(static_cast<int>(Site::arrow_core), 1);
  EXPECT_EQ(static_cast<int>(Site::arrow_groups), 2);
  EXPECT_EQ(static_cast<int>(Site::group_covariance), 3);
  EXPECT_EQ(static_cast<int>(Site::group_moves), 4);
  EXPECT_EQ(static_cast<int>(Site::residual_scale), 5);
  EXPECT_EQ(static_cast<int>(Site::weight_scale), 6);
  EXPECT_EQ(static_cast<int>(Site::input_relevance), 7);
  EXPECT_EQ(static_cast<int>(Site::unit_rescale), 8);
  EXPECT_EQ(static_cast<int>(Site::hidden_units), 9);
  EXPECT_EQ(static_cast<int>(Site::layer_weights), 10);
  EXPECT_EQ(static_cast<int>(Site::layer_noise), 11);
  EXPECT_EQ(static_cast<int>(Site::hmc_momentum), 12);
  EXPECT_EQ(static_cast<int>(Site::hmc_accept), 13);
  EXPECT_EQ(static_cast<int>(Site::warm_start), 14);
  EXPECT_EQ(static_cast<int>(Site::initial_state), 15);
  EXPECT_EQ(static_cast<int>(Site::predict_group), 16);
  EXPECT_EQ(static_cast<int>(Site::predict_response), 17);
  EXPECT_EQ(static_cast<int>(Site::scale_move), 18);
  EXPECT_EQ(static_cast<int>(Site::simulation), 19);
  EXPECT_EQ(static_cast<int>(Site::collapsed_covariance), 20);
  EXPECT_EQ(static_cast<int>(Site::residual_core), 21);
  EXPECT_EQ(static_cast<int>(Site::residual_groups), 22);
  EXPECT_EQ(static_cast<int>(Site::residual_accept), 23);
  EXPECT_EQ(static_cast<int>(Site::whitened_covariance), 24);
  EXPECT_EQ(static_cast<int>(Site::family_parameters), 25);
  EXPECT_EQ(static_cast<int>(Site::coefficient_variances), 26);
  EXPECT_EQ(static_cast<int>(Site::cutpoints), 27);
  EXPECT_EQ(static_cast<int>(Site::network_choice), 28);
  EXPECT_EQ(static_cast<int>(Site::sparse_coefficients), 29);
  EXPECT_EQ(static_cast<int>(Site::importance), 30);
}

}  // namespace
}  // namespace bdglm
