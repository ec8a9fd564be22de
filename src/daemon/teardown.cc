// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "daemon/teardown.h"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <array>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "bmc/abi.h"
#include "bpf/flows.h"
#include "bpf/kernel_side.h"
#include "bpf/map_keys.h"
#include "bpf/mapping.h"
#include "bpf/pins.h"
#include "daemon/flow_reset.h"
#include "daemon/serving_pause.h"
#include "net/net_namespace.h"
#include "net/tc_filter.h"

namespace bmc {
namespace {

Fd open_pin(const std::string& path) {
  return Fd(bpf_obj_get(path.c_str()));
}

/// Interfaces, filters and connections can be reached only from their network namespace: a
/// failure if that is another one. Whether it is still there: numbers of interfaces and
/// addresses of one that is gone mean something else here.
Result<bool> has_namespace(const std::string& folder) {
  const Fd map = open_pin(folder + "/maps/manifest");
  const std::uint32_t zero = 0;
  Manifest manifest{};
  bpf_map_info info{};
  std::uint32_t length = sizeof(info);
  if (!map || bpf_obj_get_info_by_fd(map.get(), &info, &length) != 0 ||
      info.value_size != sizeof(manifest) ||
      bpf_map_lookup_elem(map.get(), &zero, &manifest) != 0 ||
      manifest.net_namespace == net_namespace()) {
    return true;
  }
  const std::string name = net_namespace_name(manifest.net_namespace);
  if (name.empty() && !has_net_namespace(manifest.net_namespace)) return false;
  return fail(
      "the instance is attached in another network namespace", 0,
      name.empty() ? "nsenter --net, then bmc detach" : "ip netns exec " + name + " bmc detach");
}

void stop_serving(const std::string& folder) {
  const Fd map = open_pin(folder + "/maps/bmc_state");
  if (!map) return;
  const auto state = Mapping::of(map.get(), sizeof(bmc_state), Mapping::Access::kReadWrite);
  if (state) atomic(state->as<bmc_state>().stopped).fetch_or(BMC_STOP_DETACH);
}

std::uint32_t program_id(int program_fd) {
  bpf_prog_info info{};
  std::uint32_t length = sizeof(info);
  return bpf_obj_get_info_by_fd(program_fd, &info, &length) == 0 ? info.id : 0;
}

constexpr const char* pinned_program(TcFilter which) {
  switch (which) {
    case TcFilter::kTcpIn:
      return "/programs/bmc_tcp_in";
    case TcFilter::kTcpOut:
      return "/programs/bmc_tcp_out";
    case TcFilter::kUdpIn:
      break;
  }
  return "/programs/bmc_tc";
}

Result<void> detach_filter(const std::string& folder, TcFilter which, int index) {
  const Fd program = open_pin(folder + pinned_program(which));
  return program ? detach_tc(which, program_id(program.get()), index) : Result<void>{};
}

/// Filters of another version, if its interfaces cannot be read, would stay for ever.
Result<void> check_interfaces(const std::string& folder) {
  const Fd interfaces = open_pin(folder + "/maps/bmc_interfaces");
  if (!interfaces || check_map(interfaces.get(), Map::kInterfaces)) return {};
  return fail(
      "another version of BMC is attached, and on which interfaces cannot be told", 0,
      fmt::format("bmc detach of that version; without it tc qdisc del dev INTERFACE clsact "
                  "for each, then rm -r {}",
                  folder));
}

/// TC filters are no links: they are found by the interfaces on which we serve.
Result<void> detach_filters(const std::string& folder, std::span<const TcFilter> which) {
  const Fd interfaces = open_pin(folder + "/maps/bmc_interfaces");
  if (!interfaces) return {};
  Result<void> done;
  for (const bmc_link& link : map_keys<bmc_link>(interfaces.get())) {
    bmc_interface value{};
    const auto index = static_cast<int>(link.ifindex);
    if (link.vlan != 0 || bpf_map_lookup_elem(interfaces.get(), &link, &value) != 0) continue;
    for (const TcFilter each : which) {
      if (auto detached = detach_filter(folder, each, index); !detached) done = detached;
    }
    if ((value.flags & BMC_INTERFACE_CLSACT) != 0) remove_empty_clsact(index);
  }
  return done;
}

/// A tracing link refuses to be detached and goes with its last reference.
void detach_links(const std::string& folder, std::string_view prefix) {
  for (const std::string& name : list_pins(folder + "/links")) {
    if (!name.starts_with(prefix)) continue;
    if (const Fd link = open_pin(folder + "/links/" + name)) bpf_link_detach(link.get());
  }
}

/// All but the filters, which are no pins.
Result<std::size_t> remove_all(const std::string& folder) {
  detach_links(folder, "");
  if (const auto pins = remove_pins(folder); !pins) return std::unexpected(pins.error());
  return 0;
}

Result<std::vector<Flow>> flows_to_end(const std::string& folder) {
  const Fd map = open_pin(folder + "/maps/bmc_flows");
  bpf_map_info info{};
  std::uint32_t length = sizeof(info);
  if (!map) return {};
  if (bpf_obj_get_info_by_fd(map.get(), &info, &length) != 0 ||
      info.key_size != sizeof(bmc_flow_key) || info.value_size != sizeof(bmc_flow)) {
    return fail(
        "another version of BMC is attached, and which TCP connections it translates "
        "cannot be told",
        0, "bmc detach of that version; bmc detach --force breaks them");
  }
  return translated_flows(map.get());
}

}  // namespace

Result<std::size_t> tear_down(const std::string& folder, Connections connections) {
  const auto is_there = has_namespace(folder);
  if (!is_there) return std::unexpected(is_there.error());
  if (auto known = check_interfaces(folder); *is_there && !known) {
    return std::unexpected(known.error());
  }
  stop_serving(folder);
  if (!*is_there) return remove_all(folder);
  std::this_thread::sleep_for(kServesEnd);
  const auto known = flows_to_end(folder);
  if (!known && connections == Connections::kKeep) return std::unexpected(known.error());
  const auto flows = known.value_or(std::vector<Flow>{});
  if (!flows.empty() && connections == Connections::kKeep) {
    auto filters = detach_filters(folder, std::array{TcFilter::kUdpIn});
    detach_links(folder, "xdp-");
    if (!filters) return std::unexpected(filters.error());
    return flows.size();
  }
  if (auto reset = reset_connections(flows); !reset) return std::unexpected(reset.error());
  if (!flows.empty()) let_clients_return();
  // Without the pins a filter that is left would be found by nobody.
  const auto filters = detach_filters(folder, kTcFilters);
  if (!filters) return std::unexpected(filters.error());
  return remove_all(folder);
}

}  // namespace bmc
