// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Ctrl-C and a polite kill end a benchmark early, with its report.
#pragma once

#include <atomic>

namespace bmc::bench {

/// From the first call on, SIGINT and SIGTERM set the flag that it returns.
const std::atomic<bool>& stop_on_signals();

}  // namespace bmc::bench
