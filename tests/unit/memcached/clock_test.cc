// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "memcached/clock.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "bmc/abi.h"

namespace bmc {
namespace {

constexpr std::uint64_t kS = kNsPerSecond;

Stats answer(const char* uptime, const char* time) {
  Stats stats;
  stats.add("uptime", uptime);
  stats.add("time", time);
  return stats;
}

TEST(ReadClock, AddsTheMinuteThatUptimeLeavesOut) {
  const auto reading = read_clock(answer("40", "1700000100"));
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->clock_s, 100u);
  EXPECT_EQ(reading->process_started_s, 1700000000u);
}

TEST(ReadClock, RefusesWhatCannotBe) {
  EXPECT_FALSE(read_clock(answer("4294967295", "1700000000")));
  EXPECT_FALSE(read_clock(answer("40", "50")));
  EXPECT_FALSE(read_clock(answer("x", "1700000000")));
  EXPECT_FALSE(read_clock(Stats{}));
}

TEST(ClockStart, LiesSixtyTwoSecondsBeforeTheProcess) {
  EXPECT_EQ(clock_start_low_s(1000 * kS + 999), 938);
  EXPECT_EQ(clock_start_low_s(2 * kS), -60);
}

TEST(ClockIsPossible, UntilItIsAheadOfMonotonicTime) {
  // Started at 1000 s: at 1100 s the clock shows at most 162.
  EXPECT_TRUE(clock_is_possible(938, 162, 1100 * kS));
  EXPECT_TRUE(clock_is_possible(938, 100, 1100 * kS));
  EXPECT_FALSE(clock_is_possible(938, 163, 1100 * kS));
}

TEST(ExpiryTick, IsRoundedDown) {
  const auto tick = expiry_tick(938 * kS, 162, 100, 1100 * kS);
  ASSERT_TRUE(tick);
  const std::uint64_t expiry_ns = 1200 * kS;
  EXPECT_LE(std::uint64_t{*tick} << BMC_TICK_SHIFT, expiry_ns);
  EXPECT_GT((std::uint64_t{*tick} + 1) << BMC_TICK_SHIFT, expiry_ns);
}

TEST(ExpiryTick, LessThanASecondIsNotWorthIt) {
  EXPECT_FALSE(expiry_tick(938 * kS, 162, 1, 1100 * kS + 1));
  EXPECT_TRUE(expiry_tick(938 * kS, 162, 1, 1100 * kS));
  EXPECT_FALSE(expiry_tick(938 * kS, 100, 30, 1100 * kS));  // a clock that lags a minute
}

TEST(ExpiryTick, AStartBeforeTheBootIsNoTrouble) {
  const auto start = static_cast<std::uint64_t>(-60 * static_cast<std::int64_t>(kS));
  EXPECT_EQ(expiry_tick(start, 70, 100, 10 * kS), (110 * kS) >> BMC_TICK_SHIFT);
}

TEST(ExpiryTick, AFarFutureStaysWithinTheField) {
  EXPECT_EQ(expiry_tick(0, 100, 2147483647, 100 * kS), 0xffffffffu);
}

}  // namespace
}  // namespace bmc
