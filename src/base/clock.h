// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The clock that the kernel side compares with: bpf_ktime_get_ns() is
// CLOCK_MONOTONIC, so nothing here may come from another clock.
#pragma once

#include <cstdint>
#include <ctime>

namespace bmc {

inline constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

inline std::uint64_t clock_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kNsPerSecond +
         static_cast<std::uint64_t>(now.tv_nsec);
}

inline std::uint64_t monotonic_ns() {
  return clock_ns(CLOCK_MONOTONIC);
}

}  // namespace bmc
