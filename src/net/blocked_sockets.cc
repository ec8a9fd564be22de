// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "net/blocked_sockets.h"

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "net/netlink.h"
#include "net/sockets.h"

namespace bmc {
namespace {

/// Of one answer: the inode, if the socket is blocked.
void read_socket(const nlmsghdr& message, std::set<std::uint64_t>& blocked) {
  const auto* socket = static_cast<const inet_diag_msg*>(NLMSG_DATA(&message));
  const Attribute memory =
      find_attribute(attributes_behind<inet_diag_msg>(message), INET_DIAG_SKMEMINFO);
  std::array<std::uint32_t, SK_MEMINFO_WMEM_QUEUED + 1> values{};
  if (memory.size() < sizeof(values)) return;
  std::memcpy(values.data(), memory.data(), sizeof(values));
  if (!is_writable(values[SK_MEMINFO_SNDBUF], values[SK_MEMINFO_WMEM_QUEUED])) {
    blocked.insert(socket->idiag_inode);
  }
}

Result<std::set<std::uint64_t>> sockets_with_anything_to_send() {
  const auto sockets = list_sockets(Transport::kTcp);
  if (!sockets) return std::unexpected(sockets.error());
  std::set<std::uint64_t> inodes;
  for (const Socket& socket : *sockets) {
    // A listener shows its backlog in this column.
    if (!socket.is_listening && socket.send_queue_bytes > 0) inodes.insert(socket.inode);
  }
  return inodes;
}

}  // namespace

bool is_writable(std::uint32_t buffer_bytes, std::uint32_t queued_bytes) {
  return queued_bytes <= buffer_bytes && buffer_bytes - queued_bytes >= queued_bytes / 2;
}

Result<std::set<std::uint64_t>> blocked_tcp_sockets() {
  std::set<std::uint64_t> blocked;
  for (const std::uint8_t family : {AF_INET, AF_INET6}) {
    inet_diag_req_v2 request{};
    request.sdiag_family = family;
    request.sdiag_protocol = IPPROTO_TCP;
    request.idiag_ext = 1 << (INET_DIAG_SKMEMINFO - 1);
    request.idiag_states = ~0u;
    const auto done = netlink_dump(
        SOCK_DIAG_BY_FAMILY, std::as_bytes(std::span(&request, 1)),
        [&](const nlmsghdr& message) {
          if (message.nlmsg_type == SOCK_DIAG_BY_FAMILY) read_socket(message, blocked);
        },
        NETLINK_SOCK_DIAG);
    if (!done && done.error().err == ENOENT) return sockets_with_anything_to_send();
    if (!done) return std::unexpected(done.error());
  }
  return blocked;
}

}  // namespace bmc
