// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/histogram.h"

#include <gtest/gtest.h>

#include <cmath>

#include "bench/random.h"

namespace bmc::bench {
namespace {

constexpr double kQuantiles[] = {0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1};

std::uint64_t exact(const std::vector<std::uint64_t>& sorted, double q) {
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted.size())));
  return sorted[rank == 0 ? 0 : rank - 1];
}

/// Spread evenly over the orders of magnitude from 1 ns to 100 s.
std::vector<std::uint64_t> latencies(std::size_t count) {
  Random random(11);
  std::vector<std::uint64_t> values(count);
  for (auto& value : values) value = random.next() >> (27 + random.below(36));
  return values;
}

TEST(Histogram, QuantilesAreWithinOnePercent) {
  auto values = latencies(100'000);
  Histogram histogram;
  for (const auto value : values) histogram.record(value);
  std::ranges::sort(values);
  for (const double q : kQuantiles) {
    const auto expected = static_cast<double>(exact(values, q));
    EXPECT_NEAR(static_cast<double>(histogram.quantile(q)), expected, expected * 0.005) << q;
  }
  EXPECT_EQ(histogram.max(), values.back());
  EXPECT_EQ(histogram.min(), values.front());
  EXPECT_EQ(histogram.count(), values.size());
}

TEST(Histogram, EveryValueAloneIsWithinHalfAPercent) {
  for (std::uint64_t value = 1; value < (1ull << 40); value += 1 + value / 37) {
    Histogram histogram;
    histogram.record(0);
    histogram.record(value);
    histogram.record(1ull << 40);
    const auto median = static_cast<double>(histogram.quantile(0.5));
    ASSERT_NEAR(median, static_cast<double>(value), static_cast<double>(value) * 0.005);
  }
}

TEST(Histogram, SmallValuesAreExact) {
  for (std::uint64_t value = 0; value < 256; value++) {
    Histogram histogram;
    histogram.record(0);
    histogram.record(value);
    histogram.record(1000);
    EXPECT_EQ(histogram.quantile(0.5), value);
  }
}

TEST(Histogram, MergedIsAsIfRecordedTogether) {
  const auto values = latencies(10'000);
  Histogram together, even, odd;
  for (std::size_t i = 0; i < values.size(); i++) {
    together.record(values[i]);
    (i % 2 ? odd : even).record(values[i]);
  }
  even.merge(odd);
  for (const double q : kQuantiles) EXPECT_EQ(even.quantile(q), together.quantile(q)) << q;
  EXPECT_EQ(even.count(), together.count());
  EXPECT_EQ(even.min(), together.min());
  EXPECT_EQ(even.max(), together.max());
  EXPECT_DOUBLE_EQ(even.mean(), together.mean());
}

TEST(Histogram, EmptyHasNothingToTell) {
  const Histogram empty;
  EXPECT_EQ(empty.quantile(0.99), 0u);
  EXPECT_EQ(empty.min(), 0u);
  EXPECT_EQ(empty.max(), 0u);
  EXPECT_EQ(empty.mean(), 0);
}

TEST(Histogram, WhatIsTooLongCountsAsTheLongest) {
  Histogram histogram;
  histogram.record(~0ull);
  EXPECT_EQ(histogram.max(), 1ull << 40);
}

}  // namespace
}  // namespace bmc::bench
