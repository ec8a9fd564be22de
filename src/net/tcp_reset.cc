// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "net/tcp_reset.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>

#include <cerrno>
#include <cstring>

#include "net/netlink.h"

namespace bmc {
namespace {

/// IPv4 in its own form: the kernel looks there, whatever family the socket has.
void put_address(__be32 (&words)[4], const Address& address) {
  if (address.is_ipv4()) {
    std::memcpy(words, address.raw.bytes + 12, 4);
  } else {
    std::memcpy(words, address.raw.bytes, 16);
  }
}

}  // namespace

Result<void> reset_tcp(const TcpEndpoint& local, const TcpEndpoint& remote, int interface_index,
                       std::uint64_t cookie) {
  inet_diag_req_v2 request{};
  request.sdiag_family = local.address.is_ipv4() ? AF_INET : AF_INET6;
  request.sdiag_protocol = IPPROTO_TCP;
  request.idiag_states = ~0u;
  request.id.idiag_sport = htons(local.port);
  request.id.idiag_dport = htons(remote.port);
  put_address(request.id.idiag_src, local.address);
  put_address(request.id.idiag_dst, remote.address);
  request.id.idiag_if = static_cast<__u32>(interface_index);
  request.id.idiag_cookie[0] = static_cast<std::uint32_t>(cookie);
  request.id.idiag_cookie[1] = static_cast<std::uint32_t>(cookie >> 32);
  return netlink_command(SOCK_DESTROY, std::as_bytes(std::span(&request, 1)), NETLINK_SOCK_DIAG);
}

}  // namespace bmc
