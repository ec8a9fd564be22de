// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "daemon/flow_reset.h"

#include <arpa/inet.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "net/tcp_reset.h"

namespace bmc {
namespace {

constexpr std::chrono::milliseconds kClientsReturn{100};

TcpEndpoint endpoint(const bmc_address& address, __be16 port) {
  return {Address::from_ipv6(address.bytes), ntohs(port)};
}

}  // namespace

std::vector<Flow> translated_flows(int flows_map) {
  auto flows = list_flows(flows_map);
  std::erase_if(flows, [](const Flow& flow) {
    return !is_translated(flow.second) || is_closed(flow.second);
  });
  return flows;
}

Result<void> reset_connections(const std::vector<Flow>& flows) {
  Result<void> done;
  for (const auto& [key, flow] : flows) {
    auto reset =
        reset_tcp(endpoint(key.server, key.server_port), endpoint(key.client, key.client_port),
                  static_cast<int>(flow.ifindex), flow.cookie);
    if (!reset && reset.error().err != ENOENT) done = std::move(reset);
  }
  return done;
}

void let_clients_return() {
  std::this_thread::sleep_for(kClientsReturn);
}

}  // namespace bmc
