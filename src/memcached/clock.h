// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// memcached's clock, current_time, and what can be known about it for certain
// (coherence.md 5). It counts whole seconds of CLOCK_MONOTONIC since its start
// and may lag behind without bound, but never runs ahead.
#pragma once

#include <cstdint>
#include <optional>

#include "memcached/stats.h"

namespace bmc {

struct ClockReading {
  std::uint32_t clock_s = 0;            ///< current_time, at the time of the answer
  std::uint64_t process_started_s = 0;  ///< Unix time of clock 0
};

/// From an answer to `stats`.
std::optional<ClockReading> read_clock(const Stats& stats);

/// The earliest second of CLOCK_MONOTONIC that can be clock 0, for a process
/// that began no earlier than @process_start_ns. May be negative.
std::int64_t clock_start_low_s(std::uint64_t process_start_ns);

/// Whether a clock that starts at @start_low_s or later can show @clock_s at
/// @now_ns. It cannot after a warm restart (-e), which carries the clock on.
bool clock_is_possible(std::int64_t start_low_s, std::uint32_t clock_s, std::uint64_t now_ns);

/// The tick at which an item that has @ttl_s seconds left, as seen by a clock of
/// at least @clock_floor_s, may first be expired, rounded down. Nothing if it
/// has less than a second left, so that it is not worth caching (I5).
std::optional<std::uint32_t> expiry_tick(std::uint64_t start_low_ns, std::uint32_t clock_floor_s,
                                         std::uint32_t ttl_s, std::uint64_t now_ns);

}  // namespace bmc
