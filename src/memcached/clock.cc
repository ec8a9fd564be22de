// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "memcached/clock.h"

#include <limits>

#include "base/clock.h"
#include "bmc/abi.h"

namespace bmc {
namespace {

constexpr std::uint64_t kUptimeOffset = 60;  // uptime is current_time less this
constexpr std::int64_t kFirstClock = 62;     // current_time when memcached begins

}  // namespace

std::optional<ClockReading> read_clock(const Stats& stats) {
  const auto uptime = stats.number("uptime");
  const auto time = stats.number("time");
  if (!uptime || !time) return std::nullopt;
  // uptime is printed unsigned: in the first two seconds of some versions it wraps.
  const std::uint64_t clock = *uptime + kUptimeOffset;
  if (clock > std::numeric_limits<std::uint32_t>::max() || *time < clock) return std::nullopt;
  return ClockReading{static_cast<std::uint32_t>(clock), *time - clock};
}

std::int64_t clock_start_low_s(std::uint64_t process_start_ns) {
  return static_cast<std::int64_t>(process_start_ns / kNsPerSecond) - kFirstClock;
}

bool clock_is_possible(std::int64_t start_low_s, std::uint32_t clock_s, std::uint64_t now_ns) {
  const auto start_high_s = static_cast<std::int64_t>(now_ns / kNsPerSecond) - clock_s;
  return start_high_s >= start_low_s;
}

std::optional<std::uint32_t> expiry_tick(std::uint64_t start_low_ns, std::uint32_t clock_floor_s,
                                         std::uint32_t ttl_s, std::uint64_t now_ns) {
  // The start may lie before the boot: the sum is right modulo 2^64.
  const std::uint64_t expiry_ns =
      start_low_ns + (std::uint64_t{clock_floor_s} + ttl_s) * kNsPerSecond;
  const auto left_ns = static_cast<std::int64_t>(expiry_ns - now_ns);
  if (left_ns < static_cast<std::int64_t>(kNsPerSecond)) return std::nullopt;
  const std::uint64_t tick = expiry_ns >> BMC_TICK_SHIFT;
  constexpr std::uint64_t kLast = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(tick < kLast ? tick : kLast);
}

}  // namespace bmc
