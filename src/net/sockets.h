// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The sockets of this network namespace as /proc/net/{tcp,tcp6,udp,udp6} list
// them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/address.h"

namespace bmc {

enum class Transport { kTcp, kUdp };

struct Socket {
  Transport transport = Transport::kTcp;
  bool is_ipv6 = false;  ///< of the address family IPv6, whatever the address
  Address local;
  std::uint16_t local_port = 0;
  Address remote;
  std::uint16_t remote_port = 0;
  bool is_listening = false;  ///< TCP in LISTEN, or UDP not connected
  bool is_established = false;
  std::uint32_t send_queue_bytes = 0;
  std::uint64_t inode = 0;
};

/// The lines of one of the tables, heading included; lines that are not of its
/// form are left out.
std::vector<Socket> parse_socket_table(std::string_view text, Transport transport);

/// Both address families.
Result<std::vector<Socket>> list_sockets(Transport transport);

}  // namespace bmc
