// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/size_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "bench/value.h"

namespace bmc::bench {
namespace {

constexpr int kDraws = 400'000;

std::vector<std::uint32_t> draws(const SizeModel& model) {
  Random random(11);
  std::vector<std::uint32_t> drawn(kDraws);
  for (auto& bytes : drawn) bytes = model.draw(random);
  return drawn;
}

double share_of(const std::vector<std::uint32_t>& drawn, auto&& belongs) {
  return static_cast<double>(std::ranges::count_if(drawn, belongs)) / kDraws;
}

TEST(SizeModel, AMixtureHasItsShares) {
  const auto model = SizeModel::parse("32:75,8192:25");
  ASSERT_TRUE(model);
  const auto drawn = draws(*model);
  EXPECT_NEAR(share_of(drawn, [](auto bytes) { return bytes == 32; }), 0.75, 0.005);
  EXPECT_NEAR(share_of(drawn, [](auto bytes) { return bytes == 8192; }), 0.25, 0.005);
  EXPECT_EQ(model->bounds().low, 32u);
  EXPECT_EQ(model->bounds().high, 8192u);
}

TEST(SizeModel, AWeightOfNothingIsNeverDrawn) {
  const auto model = SizeModel::parse("32:0,100:1,8192:0");
  ASSERT_TRUE(model);
  for (const auto bytes : draws(*model)) ASSERT_EQ(bytes, 100u);
  EXPECT_EQ(model->bounds().high, 100u);
}

/// P(X <= x) as the model's authors give it, for x beyond the table.
double etc_share_up_to(double x) {
  double table = 0;
  for (const double share : {.00536, .00047, .17820, .09239, .00018, .02740, .00065, .00606, .00023,
                             .00837, .00837, .08989, .00092, .00326, .01980}) {
    table += share;
  }
  return table + (1 - table) * (1 - std::pow(1 + 0.348238 * (x - 15) / 214.476, -1 / 0.348238));
}

TEST(SizeModel, EtcFollowsTheGeneralizedPareto) {
  const auto model = SizeModel::parse("etc");
  ASSERT_TRUE(model);
  const auto drawn = draws(*model);
  for (const std::uint32_t x : {50u, 200u, 500u, 1000u, 4000u}) {
    EXPECT_NEAR(share_of(drawn, [x](auto bytes) { return bytes <= x; }), etc_share_up_to(x + 1),
                0.005)
        << x;
  }
  EXPECT_NEAR(share_of(drawn, [](auto bytes) { return bytes == 11; }), .08989, 0.005);
}

TEST(SizeModel, EtcStaysWithinItsBounds) {
  const auto model = SizeModel::parse("etc");
  ASSERT_TRUE(model);
  EXPECT_EQ(model->bounds().low, kMinValueBytes);
  const auto drawn = draws(*model);
  EXPECT_GE(*std::ranges::min_element(drawn), model->bounds().low);
  EXPECT_LE(*std::ranges::max_element(drawn), model->bounds().high);
}

TEST(SizeModel, WhatIsNoDistributionIsRefused) {
  for (const char* text : {"", ",", "32", "32:", ":1", "32:-1", "32:x", "-5:1", "32:0", "32:nan",
                           "32:inf", "ETC", "32:1 64:1"}) {
    EXPECT_FALSE(SizeModel::parse(text)) << text;
  }
}

}  // namespace
}  // namespace bmc::bench
