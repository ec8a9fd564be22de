// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The network interfaces and addresses of this network namespace, as they are
// at the moment of asking.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/address.h"

namespace bmc {

struct Interface {
  int index = 0;
  std::string name;
  std::string kind;  ///< "veth", "bridge", ...; empty for hardware and loopback
  std::array<std::uint8_t, 6> mac{};
  bool has_mac = false;  ///< an Ethernet interface
  bool is_loopback = false;
  bool is_up = false;
  int master = 0;  ///< the bridge or bond that it is a port of
  int vlan_of = 0;  ///< of an 802.1Q device: the interface that its frames arrive at
  std::uint16_t vlan_id = 0;
  bool hides_tags = false;  ///< XDP would see frames of the VLANs on it without their tag

  /// Hardware, as opposed to what the kernel makes up: worth a native XDP program.
  bool is_nic() const { return kind.empty() && has_mac && !is_loopback; }

  /// What passes one of them passes the other.
  bool is_stacked_with(const Interface& other) const {
    return master == other.index || vlan_of == other.index || other.master == index ||
           other.vlan_of == index;
  }
};

Result<std::vector<Interface>> list_interfaces();
Result<Interface> find_interface(const std::string& name);

struct LocalAddress {
  Address address;
  int interface_index = 0;
};

Result<std::vector<LocalAddress>> list_local_addresses();

}  // namespace bmc
