// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The outcome of `bench udp` and `bench tcp`, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "bench/judge.h"
#include "bench/load_options.h"
#include "bench/tally.h"

namespace bmc::bench {

/// What happened within one interval.
struct Slice {
  double t_s = 0;  ///< its end, since measuring began
  double seconds = 0;
  Counts counts;
};

struct LoadReport {
  LoadOptions options;
  double seconds = 0;  ///< measured, without warm-up
  Counts counts;       ///< of that time; faults of the whole run
  Latencies latencies;
  std::uint64_t unsent = 0;
  double cpu_user_s = 0;  ///< of this process
  double cpu_system_s = 0;
  std::vector<Slice> series;
  std::vector<std::string> complaints;

  double per_second(Counter counter) const {
    return seconds > 0 ? static_cast<double>(counts[counter]) / seconds : 0;
  }
  double cpu_cores() const { return seconds > 0 ? (cpu_user_s + cpu_system_s) / seconds : 0; }
};

std::string to_text(const LoadReport& report);
std::string to_json(const LoadReport& report);

}  // namespace bmc::bench
