// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What the kernel side counts, summed over the CPUs, and whether it serves.
#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "bpf/kernel_side.h"

namespace bmc {

Result<bmc_stats> read_counters(const KernelSide& kernel);

/// A connection that the tap does not follow (coherence.md 3).
struct Unsynced {
  std::uint64_t cookie;
  bmc_unsynced value;
};
std::vector<Unsynced> list_unsynced(const KernelSide& kernel);

/// What bpf_jiffies64() returns now, to a tick or two.
std::uint64_t jiffies_now(const KernelSide& kernel);

/// How long ago the daemon gave its last sign of life, to about a second.
std::chrono::milliseconds heartbeat_age(const KernelSide& kernel);

bool is_serving(const KernelSide& kernel);

/// Labels of the BMC_STOP_* bits that are set.
std::vector<std::string_view> stop_labels(std::uint32_t stopped);

}  // namespace bmc
