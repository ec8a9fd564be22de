// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/flow_ends.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/fd.h"

namespace bmc::bench {
namespace {

using Mac = std::array<std::uint8_t, ETH_ALEN>;

Result<in_addr> parse_address(const std::string& option, const std::string& text) {
  in_addr address{};
  if (inet_pton(AF_INET, text.c_str(), &address) == 1) return address;
  return fail(fmt::format("{} '{}' is no IPv4 address", option, text), 0, "192.0.2.1",
              ExitCode::kUsage);
}

Result<Mac> parse_mac(const std::string& text) {
  Mac mac{};
  int consumed = 0;
  const int fields = std::sscanf(text.c_str(), "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0],
                                 &mac[1], &mac[2], &mac[3], &mac[4], &mac[5], &consumed);
  if (fields == ETH_ALEN && static_cast<std::size_t>(consumed) == text.size()) return mac;
  return fail(fmt::format("--to-mac '{}' is no MAC address", text), 0, "52:54:00:12:34:56",
              ExitCode::kUsage);
}

Result<in_addr> address_of(const Interface& interface) {
  const auto addresses = list_local_addresses();
  if (!addresses) return std::unexpected(addresses.error());
  for (const LocalAddress& local : *addresses) {
    if (local.interface_index != interface.index || !local.address.is_ipv4()) continue;
    in_addr address;
    std::memcpy(&address, local.address.raw.bytes + 12, sizeof address);
    return address;
  }
  return fail(interface.name + " has no IPv4 address", 0, "give one with --from");
}

Result<Mac> mac_of_neighbour(const Interface& interface, in_addr neighbour) {
  arpreq request{};
  const sockaddr_in address{
      .sin_family = AF_INET, .sin_port = 0, .sin_addr = neighbour, .sin_zero = {}};
  std::memcpy(&request.arp_pa, &address, sizeof address);
  interface.name.copy(request.arp_dev, sizeof request.arp_dev - 1);
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (ioctl(socket.get(), SIOCGARP, &request) != 0 || (request.arp_flags & ATF_COM) == 0) {
    return fail("the server's MAC address is not known on " + interface.name, errno,
                "ping it first, or give --to-mac");
  }
  Mac mac{};
  std::copy_n(request.arp_ha.sa_data, ETH_ALEN, mac.begin());
  return mac;
}

}  // namespace

Result<FlowEnds> find_flow_ends(const KernelOptions& o, const Interface& interface) {
  const auto to = parse_address("--to", o.to);
  if (!to) return std::unexpected(to.error());
  const auto from = o.from.empty() ? address_of(interface) : parse_address("--from", o.from);
  if (!from) return std::unexpected(from.error());
  const auto to_mac = o.to_mac.empty() ? mac_of_neighbour(interface, *to) : parse_mac(o.to_mac);
  if (!to_mac) return std::unexpected(to_mac.error());
  return FlowEnds{interface.mac, *to_mac, *from, *to, o.port};
}

}  // namespace bmc::bench
