// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "daemon/arming.h"

#include <fmt/format.h>

#include <algorithm>

#include "bpf/calls.h"

namespace bmc {
namespace {

Result<void> set_ports(bmc_state& state, const std::vector<std::uint16_t>& ports) {
  if (ports.size() > BMC_PORTS_MAX) {
    return fail(
        fmt::format("memcached listens on {} TCP ports, more than the {} that can be followed",
                    ports.size(), static_cast<int>(BMC_PORTS_MAX)));
  }
  for (std::size_t i = 0; i < BMC_PORTS_MAX; i++) {
    atomic(state.ports[i]).store(i < ports.size() ? ports[i] : std::uint16_t{0});
  }
  return {};
}

}  // namespace

std::vector<std::uint16_t> ports_of(const std::vector<Socket>& listeners) {
  std::vector<std::uint16_t> ports;
  for (const Socket& socket : listeners) ports.push_back(socket.local_port);
  std::sort(ports.begin(), ports.end());
  ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
  return ports;
}

Result<Arming> Arming::begin(const KernelSide& kernel, const Process& process, unsigned workers) {
  bmc_state& state = kernel.state();
  atomic(state.stopped).fetch_or(BMC_STOP_UNARMED);
  atomic(state.tgid).store(0);
  if (auto set = set_ports(state, ports_of(process.listeners)); !set) {
    return std::unexpected(set.error());
  }
  atomic(state.incarnation).fetch_add(1);
  // Its predecessor's end; that of this process would be seen from the next line on.
  atomic(state.stopped).fetch_and(~std::uint32_t{BMC_STOP_DEAD});
  // The last: with it the tap begins to follow the process.
  atomic(state.tgid).store(static_cast<std::uint32_t>(process.pid));
  auto quiescence = Quiescence::of(process.pid, workers);
  if (!quiescence) return std::unexpected(quiescence.error());
  return Arming(std::move(*quiescence));
}

Result<void> Arming::finish(const KernelSide& kernel) {
  if (auto emptied = flush_cache(kernel); !emptied) return emptied;
  atomic(kernel.state().stopped).fetch_and(~std::uint32_t{BMC_STOP_UNARMED});
  return {};
}

Result<void> Arming::bury(const KernelSide& kernel) {
  atomic(kernel.state().stopped).fetch_or(BMC_STOP_UNARMED);
  atomic(kernel.state().tgid).store(0);
  return flush_cache(kernel);
}

}  // namespace bmc
