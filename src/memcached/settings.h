// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Whether BMC can stand in front of a memcached with these settings, and with
// what reservations. What cannot be followed from its socket calls, or does not
// answer plain text gets, is refused.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "memcached/stats.h"

namespace bmc {

struct ServerFacts {
  std::string version;
  unsigned workers = 0;
  std::vector<std::string> reservations;  ///< one sentence each
};

/// From the answers to `stats settings` and `stats`.
Result<ServerFacts> judge_settings(const Stats& settings, const Stats& stats);

}  // namespace bmc
