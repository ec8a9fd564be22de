// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The TCP connections that the kernel side follows (bmc/flow.h), and what it
// counts of them.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "bmc/flow.h"
#include "bpf/kernel_side.h"

namespace bmc {

using Flow = std::pair<bmc_flow_key, bmc_flow>;

std::vector<Flow> list_flows(int flows_map);

/// Something was served on it: without the translation the connection breaks.
constexpr bool is_translated(const bmc_flow& flow) {
  return (flow.flags & BMC_FLOW_TRANSLATED) != 0;
}

constexpr bool is_closed(const bmc_flow& flow) {
  return (flow.flags & BMC_FLOW_CLOSED) != 0;
}

struct FlowCount {
  std::size_t open = 0;
  std::size_t translated = 0;  ///< of the open ones
  std::size_t closed = 0;      ///< of which segments may still come
};
FlowCount count_flows(const std::vector<Flow>& flows);

/// Removes flows that were closed so long ago that no segment can come any more.
void forget_closed_flows(const KernelSide& kernel);

Result<bmc_tcp_stats> read_tcp_counters(const KernelSide& kernel);

}  // namespace bmc
