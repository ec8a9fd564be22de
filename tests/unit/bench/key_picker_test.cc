// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/key_picker.h"

#include <gtest/gtest.h>

#include <cmath>

namespace bmc::bench {
namespace {

constexpr int kDraws = 4'000'000;

std::vector<double> counts_of(const KeyPicker& picker, std::uint32_t keys) {
  Random random(7);
  std::vector<double> counts(keys);
  for (int i = 0; i < kDraws; i++) {
    const std::uint32_t key = picker.pick(random);
    if (key >= keys) {
      ADD_FAILURE() << "key " << key << " of " << keys;
      return counts;
    }
    counts[key]++;
  }
  return counts;
}

/// Pearson's statistic, as standard deviations from its expectation.
double deviation(const std::vector<double>& counts, const std::vector<double>& weights) {
  double sum = 0;
  for (const double weight : weights) sum += weight;
  double chi2 = 0;
  for (std::size_t i = 0; i < counts.size(); i++) {
    const double expected = kDraws * weights[i] / sum;
    chi2 += (counts[i] - expected) * (counts[i] - expected) / expected;
  }
  const double freedom = static_cast<double>(counts.size()) - 1;
  return (chi2 - freedom) / std::sqrt(2 * freedom);
}

class ZipfTest : public testing::TestWithParam<double> {};

TEST_P(ZipfTest, FrequenciesAreThoseOfTheory) {
  for (const std::uint32_t keys : {2u, 10u, 1000u}) {
    std::vector<double> weights(keys);
    for (std::uint32_t i = 0; i < keys; i++) weights[i] = std::pow(i + 1.0, -GetParam());
    const auto counts = counts_of(KeyPicker::zipf(keys, GetParam()), keys);
    EXPECT_LT(std::abs(deviation(counts, weights)), 4) << keys << " keys";
  }
}

INSTANTIATE_TEST_SUITE_P(Exponents, ZipfTest, testing::Values(0, 0.5, 0.99, 1, 1.3));

TEST(KeyPicker, TheTestSeesAnExponentThatIsSlightlyOff) {
  std::vector<double> weights(1000);
  for (std::size_t i = 0; i < weights.size(); i++) weights[i] = std::pow(i + 1.0, -0.99);
  EXPECT_GT(deviation(counts_of(KeyPicker::zipf(1000, 0.97), 1000), weights), 20);
}

TEST(KeyPicker, UniformDrawsAllKeysEquallyOften) {
  EXPECT_LT(
      std::abs(deviation(counts_of(KeyPicker::uniform(1000), 1000), std::vector<double>(1000, 1))),
      4);
}

TEST(KeyPicker, ASingleKeyIsDrawnAlways) {
  EXPECT_EQ(counts_of(KeyPicker::zipf(1, 0.99), 1)[0], kDraws);
  EXPECT_EQ(counts_of(KeyPicker::uniform(1), 1)[0], kDraws);
}

TEST(Random, TheSameSeedDrawsTheSame) {
  Random a(1), b(1), c(2);
  bool differs = false;
  for (int i = 0; i < 100; i++) {
    const auto drawn = a.next();
    EXPECT_EQ(drawn, b.next());
    differs |= drawn != c.next();
  }
  EXPECT_TRUE(differs);
}

TEST(Random, ARangeIncludesBothEndsAndNothingElse) {
  Random random(3);
  int low = 0, high = 0;
  for (int i = 0; i < 10'000; i++) {
    const auto drawn = random.between(20, 22);
    ASSERT_GE(drawn, 20u);
    ASSERT_LE(drawn, 22u);
    low += drawn == 20;
    high += drawn == 22;
  }
  EXPECT_NEAR(low, 3333, 300);
  EXPECT_NEAR(high, 3333, 300);
}

}  // namespace
}  // namespace bmc::bench
