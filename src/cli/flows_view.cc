// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cli/flows_view.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "bpf/counters.h"
#include "net/address.h"

namespace bmc::cli {
namespace {

std::string endpoint(const bmc_address& raw, __be16 port) {
  const Address address = Address::from_ipv6(raw.bytes);
  return fmt::format(fmt::runtime(address.is_ipv4() ? "{}:{}" : "[{}]:{}"), address.text(),
                     ntohs(port));
}

std::string_view phase(const bmc_flow& flow) {
  if (is_closed(flow)) return "closed";
  if ((flow.flags & BMC_FLOW_UNACKED) != 0) return "reply under way";
  if ((flow.flags & BMC_FLOW_ARMED) == 0) return "watched";
  const bool is_idle = flow.k_rcv == flow.passed_end && flow.k_snd == flow.sent_end;
  return is_idle ? "idle" : "busy";
}

}  // namespace

Result<void> dump_flows(const KernelSide& kernel, bool as_json) {
  nlohmann::json list = nlohmann::json::array();
  if (!as_json) {
    fmt::print("{:<26} {:<26} {:>10} {:>12} {:>12}  state\n", "client", "server", "served", "in",
               "out");
  }
  for (const auto& [key, flow] : list_flows(kernel.fd(Map::kFlows))) {
    const std::string client = endpoint(key.client, key.client_port);
    const std::string server = endpoint(key.server, key.server_port);
    if (as_json) {
      list.push_back({{"client", client},
                      {"server", server},
                      {"served", flow.served},
                      {"in_bytes", flow.d_in},
                      {"out_bytes", flow.d_out},
                      {"interface", flow.ifindex},
                      {"state", phase(flow)}});
    } else {
      fmt::print("{:<26} {:<26} {:>10} {:>12} {:>12}  {}\n", client, server, flow.served,
                 flow.d_in, flow.d_out, phase(flow));
    }
  }
  if (as_json) fmt::print("{}\n", list.dump(2));
  return {};
}

}  // namespace bmc::cli
