// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bpf/flows.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>

#include "bpf/counters.h"
#include "bpf/map_entries.h"

namespace bmc {

std::vector<Flow> list_flows(int flows_map) {
  return map_entries<bmc_flow_key, bmc_flow>(flows_map);
}

FlowCount count_flows(const std::vector<Flow>& flows) {
  FlowCount count;
  for (const auto& [key, flow] : flows) {
    if (is_closed(flow)) {
      count.closed++;
    } else {
      count.open++;
      if (is_translated(flow)) count.translated++;
    }
  }
  return count;
}

/// The client has this end's FIN, and has closed before: only its own copies may come, and are
/// answered with a reset that repeats the client's numbers.
std::uint64_t linger_s(const bmc_flow& flow) {
  return (flow.flags & BMC_FLOW_OVER) != 0 ? BMC_FLOW_LINGER_OVER_S : BMC_FLOW_LINGER_S;
}

/// @now: jiffies; a flow may have been closed since they were read.
bool is_over(const bmc_flow& flow, std::uint64_t now, std::uint32_t hz) {
  return is_closed(flow) && static_cast<std::int64_t>(now - flow.closed_at) >=
                                static_cast<std::int64_t>(linger_s(flow) * hz);
}

void forget_closed_flows(const KernelSide& kernel) {
  const std::uint64_t now = jiffies_now(kernel);
  for (const auto& [key, flow] : list_flows(kernel.fd(Map::kFlows))) {
    if (!is_over(flow, now, kernel.config().hz)) continue;
    bmc_flow present{};  // a new connection on the same ports is another flow
    if (bpf_map_lookup_elem(kernel.fd(Map::kFlows), &key, &present) != 0 ||
        present.cookie != flow.cookie || !is_over(present, now, kernel.config().hz)) {
      continue;
    }
    bpf_map_delete_elem(kernel.fd(Map::kFlows), &key);
    bpf_map_delete_elem(kernel.fd(Map::kReplies), &flow.cookie);
  }
}

Result<bmc_tcp_stats> read_tcp_counters(const KernelSide& kernel) {
  const int cpus = libbpf_num_possible_cpus();
  if (cpus <= 0) return fail("cannot tell how many CPUs there are", -cpus);
  std::vector<bmc_tcp_stats> each(static_cast<std::size_t>(cpus));
  const std::uint32_t zero = 0;
  if (bpf_map_lookup_elem(kernel.fd(Map::kTcpStats), &zero, each.data()) != 0) {
    return fail("cannot read the counters of TCP", errno);
  }
  bmc_tcp_stats sum{};
  for (const bmc_tcp_stats& cpu : each) {
    for (int i = 0; i < BMC_TCP_NR; i++) sum.counts[i] += cpu.counts[i];
    for (int i = 0; i < BMC_PASS_NR; i++) sum.passes[i] += cpu.passes[i];
  }
  return sum;
}

}  // namespace bmc
