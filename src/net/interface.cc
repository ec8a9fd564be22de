// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "net/interface.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>

#include <algorithm>
#include <cstring>

#include "net/netlink.h"
#include "net/vlan_offload.h"

namespace bmc {
namespace {

/// The tag of a VLAN device, and the interface below it.
void read_vlan(std::span<const std::byte> attributes, Attribute data, Interface& interface) {
  const Attribute id = find_attribute(data, IFLA_VLAN_ID);
  const Attribute protocol = find_attribute(data, IFLA_VLAN_PROTOCOL);
  if (id.size() != 2 || protocol.size() != 2) return;
  std::uint16_t ether_type = 0;
  std::memcpy(&ether_type, protocol.data(), sizeof(ether_type));
  if (ether_type != htons(ETH_P_8021Q)) return;
  std::memcpy(&interface.vlan_id, id.data(), sizeof(interface.vlan_id));
  interface.vlan_of = static_cast<int>(attribute_u32(find_attribute(attributes, IFLA_LINK)));
}

Interface read_link(const nlmsghdr& message) {
  const auto* link = static_cast<const ifinfomsg*>(NLMSG_DATA(&message));
  const auto attributes = attributes_behind<ifinfomsg>(message);
  Interface interface;
  interface.index = link->ifi_index;
  interface.name = attribute_text(find_attribute(attributes, IFLA_IFNAME));
  interface.is_loopback = (link->ifi_flags & IFF_LOOPBACK) != 0;
  interface.is_up = (link->ifi_flags & IFF_UP) != 0;
  interface.master = static_cast<int>(attribute_u32(find_attribute(attributes, IFLA_MASTER)));
  const Attribute info = find_attribute(attributes, IFLA_LINKINFO);
  interface.kind = attribute_text(find_attribute(info, IFLA_INFO_KIND));
  if (interface.kind == "vlan") {
    read_vlan(attributes, find_attribute(info, IFLA_INFO_DATA), interface);
  }
  const Attribute mac = find_attribute(attributes, IFLA_ADDRESS);
  interface.has_mac = link->ifi_type == ARPHRD_ETHER && mac.size() == interface.mac.size();
  if (interface.has_mac) std::memcpy(interface.mac.data(), mac.data(), mac.size());
  return interface;
}

}  // namespace

Result<std::vector<Interface>> list_interfaces() {
  std::vector<Interface> interfaces;
  const ifinfomsg all{};
  const auto done =
      netlink_dump(RTM_GETLINK, std::as_bytes(std::span(&all, 1)), [&](const nlmsghdr& message) {
        if (message.nlmsg_type == RTM_NEWLINK) {
          interfaces.push_back(read_link(message));
        }
      });
  if (!done) return std::unexpected(done.error());
  mark_hidden_tags(interfaces);
  return interfaces;
}

Result<Interface> find_interface(const std::string& name) {
  const auto all = list_interfaces();
  if (!all) return std::unexpected(all.error());
  const auto found = std::find_if(all->begin(), all->end(),
                                  [&](const Interface& each) { return each.name == name; });
  if (found != all->end()) return *found;
  std::vector<std::string_view> names;
  for (const Interface& each : *all) names.push_back(each.name);
  return fail(fmt::format("there is no interface {}", name), 0,
              fmt::format("one of {}", fmt::join(names, ", ")));
}

Result<std::vector<LocalAddress>> list_local_addresses() {
  std::vector<LocalAddress> addresses;
  const ifaddrmsg all{};
  const auto read = [&](const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_NEWADDR) return;
    const auto* head = static_cast<const ifaddrmsg*>(NLMSG_DATA(&message));
    const auto attributes = attributes_behind<ifaddrmsg>(message);
    // On a point-to-point link IFA_ADDRESS is the peer's.
    Attribute bytes = find_attribute(attributes, IFA_LOCAL);
    if (bytes.empty()) bytes = find_attribute(attributes, IFA_ADDRESS);
    const auto index = static_cast<int>(head->ifa_index);
    if (head->ifa_family == AF_INET && bytes.size() == 4) {
      addresses.push_back({Address::from_ipv4(bytes.data()), index});
    } else if (head->ifa_family == AF_INET6 && bytes.size() == 16) {
      addresses.push_back({Address::from_ipv6(bytes.data()), index});
    }
  };
  const auto done = netlink_dump(RTM_GETADDR, std::as_bytes(std::span(&all, 1)), read);
  if (!done) return std::unexpected(done.error());
  return addresses;
}

}  // namespace bmc
