// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Keeps the kernel side's knowledge of memcached's clock (coherence.md 5): a
// lower bound of its start and a value that it has reached.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "bpf/kernel_side.h"
#include "daemon/notices.h"
#include "memcached/clock.h"

namespace bmc {

class ServerClock {
 public:
  ServerClock(bmc_state& state, Notices& notices) : state_(state), notices_(notices) {}

  /// For a process that is not armed yet: nothing with a TTL is cached until
  /// the first update().
  Result<void> start(pid_t pid);

  /// After an answer to `stats`.
  Result<void> update(const Stats& stats);

  /// The latest value that was seen.
  std::uint32_t clock_s() const { return clock_s_; }

 private:
  bool is_consistent(const ClockReading& reading);

  bmc_state& state_;
  Notices& notices_;
  std::int64_t start_low_s_ = 0;
  std::uint64_t process_started_s_ = 0;
  std::uint32_t clock_s_ = 0;
  bool contradicted_ = false;
};

}  // namespace bmc
