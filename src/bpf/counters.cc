// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bpf/counters.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>

#include "base/clock.h"
#include "bpf/map_keys.h"

namespace bmc {
namespace {

/// The kernel counts jiffies from five minutes before 2^32, so that the wrap of
/// a 32-bit counter is seen early.
constexpr std::uint64_t kBeforeWrapS = 300;

}  // namespace

Result<bmc_stats> read_counters(const KernelSide& kernel) {
  const int cpus = libbpf_num_possible_cpus();
  if (cpus <= 0) return fail("cannot tell how many CPUs there are", -cpus);
  std::vector<bmc_stats> each(static_cast<std::size_t>(cpus));
  const std::uint32_t zero = 0;
  if (bpf_map_lookup_elem(kernel.fd(Map::kStats), &zero, each.data()) != 0) {
    return fail("cannot read the counters", errno);
  }
  bmc_stats sum{};
  for (const bmc_stats& cpu : each) {
    for (int i = 0; i < BMC_COUNT_NR; i++) sum.counts[i] += cpu.counts[i];
    for (int i = 0; i < BMC_PASS_NR; i++) sum.passes[i] += cpu.passes[i];
  }
  return sum;
}

std::vector<Unsynced> list_unsynced(const KernelSide& kernel) {
  const int map = kernel.fd(Map::kUnsynced);
  std::vector<Unsynced> list;
  for (const std::uint64_t cookie : map_keys<std::uint64_t>(map)) {
    bmc_unsynced value{};
    if (bpf_map_lookup_elem(map, &cookie, &value) == 0) list.push_back({cookie, value});
  }
  return list;
}

std::uint64_t jiffies_now(const KernelSide& kernel) {
  const std::uint64_t hz = kernel.config().hz;
  return clock_ns(CLOCK_MONOTONIC_COARSE) / (kNsPerSecond / hz) + (1ull << 32) - kBeforeWrapS * hz;
}

std::chrono::milliseconds heartbeat_age(const KernelSide& kernel) {
  const std::uint64_t hz = kernel.config().hz;
  if (hz == 0) return std::chrono::hours(1);
  const auto age =
      static_cast<std::int64_t>(jiffies_now(kernel) - atomic(kernel.state().heartbeat).load());
  return std::chrono::milliseconds(age * 1000 / static_cast<std::int64_t>(hz));
}

bool is_serving(const KernelSide& kernel) {
  return atomic(kernel.state().stopped).load() == 0 &&
         heartbeat_age(kernel) < std::chrono::seconds(BMC_HEARTBEAT_MAX_S);
}

std::vector<std::string_view> stop_labels(std::uint32_t stopped) {
  std::vector<std::string_view> labels;
#define X(name, bit, label, help) \
  if (stopped & BMC_STOP_##name) labels.push_back(#label);
  BMC_STOPS(X)
#undef X
  return labels;
}

}  // namespace bmc
