// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "daemon/server_clock.h"

#include "base/clock.h"
#include "memcached/process.h"

namespace bmc {

Result<void> ServerClock::start(pid_t pid) {
  const auto start_ns = process_start_ns(pid);
  if (!start_ns) return std::unexpected(start_ns.error());
  start_low_s_ = clock_start_low_s(*start_ns);
  process_started_s_ = 0;
  clock_s_ = 0;
  contradicted_ = false;
  notices_.settle("clock");
  atomic(state_.ttl_known).store(0);
  return {};
}

bool ServerClock::is_consistent(const ClockReading& reading) {
  if (process_started_s_ == 0) process_started_s_ = reading.process_started_s;
  return reading.process_started_s == process_started_s_ && reading.clock_s >= clock_s_ &&
         clock_is_possible(start_low_s_, reading.clock_s, monotonic_ns());
}

Result<void> ServerClock::update(const Stats& stats) {
  const auto reading = read_clock(stats);
  if (!reading) return fail("memcached does not tell its uptime and time");
  if (!is_consistent(*reading)) contradicted_ = true;
  clock_s_ = reading->clock_s;
  if (contradicted_) {
    atomic(state_.ttl_known).store(0);
    notices_.raise("clock",
                   "memcached's clock is not that of its process (a warm restart does "
                   "that): nothing that has a TTL is cached");
    return {};
  }
  atomic(state_.start_low_ns).store(static_cast<std::uint64_t>(start_low_s_) * kNsPerSecond);
  atomic(state_.process_started_s).store(reading->process_started_s);
  atomic(state_.clock_floor_s).store(reading->clock_s);
  atomic(state_.ttl_known).store(1);
  return {};
}

}  // namespace bmc
