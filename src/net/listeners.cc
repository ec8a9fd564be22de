// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "net/listeners.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>

#include "net/netlink.h"
#include "net/sockets.h"

namespace bmc {
namespace {

/// For a kernel without the module that tells it by netlink.
Result<std::set<std::uint64_t>> listeners_of_the_table(std::uint16_t port) {
  const auto sockets = list_sockets(Transport::kTcp);
  if (!sockets) return std::unexpected(sockets.error());
  std::set<std::uint64_t> inodes;
  for (const Socket& socket : *sockets) {
    if (socket.is_listening && socket.local_port == port) inodes.insert(socket.inode);
  }
  return inodes;
}

}  // namespace

Result<std::set<std::uint64_t>> listener_inodes(std::uint16_t port) {
  std::set<std::uint64_t> inodes;
  for (const std::uint8_t family : {AF_INET, AF_INET6}) {
    inet_diag_req_v2 request{};
    request.sdiag_family = family;
    request.sdiag_protocol = IPPROTO_TCP;
    request.idiag_states = 1u << TCP_LISTEN;
    request.id.idiag_sport = htons(port);
    const auto done = netlink_dump(
        SOCK_DIAG_BY_FAMILY, std::as_bytes(std::span(&request, 1)),
        [&](const nlmsghdr& message) {
          const auto* socket = static_cast<const inet_diag_msg*>(NLMSG_DATA(&message));
          inodes.insert(socket->idiag_inode);
        },
        NETLINK_SOCK_DIAG);
    if (!done && done.error().err == ENOENT) return listeners_of_the_table(port);
    if (!done) return std::unexpected(done.error());
  }
  return inodes;
}

}  // namespace bmc
