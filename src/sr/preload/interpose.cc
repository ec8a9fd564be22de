// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The functions that stand between memcached and the C library, and nothing else of
// this library is visible:
//
//   bind       a UDP socket is the first of a reuseport group
//   dup        of such a socket: one more socket of the group, for the next worker
//   epoll_ctl  a worker begins to wait for its socket, and is pinned
//
// memcached makes its sockets while it starts; what it does for requests is not touched.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sr/preload/next.h"
#include "sr/preload/settings.h"
#include "sr/preload/socket.h"
#include "sr/preload/udp_groups.h"

namespace bmc::sr {
namespace {

constinit UdpGroups udp_groups;
constinit Next<int(int)> next_dup{"dup"};
constinit Next<int(int, int, int, epoll_event*)> next_epoll_ctl{"epoll_ctl"};

}  // namespace
}  // namespace bmc::sr

using namespace bmc::sr;

extern "C" {

[[gnu::visibility("default")]] int bind(int fd, const sockaddr* address,
                                        socklen_t length) noexcept {
  const Kind kind = kind_of(fd);
  if (kind == Kind::kUdp) return udp_groups.bind_first(fd, address, length);
  if (kind == Kind::kTcp && is_sharing_tcp() && !share_port(fd)) return -1;
  return next_bind(fd, address, length);
}

[[gnu::visibility("default")]] int dup(int fd) noexcept {
  return udp_groups.is_first(fd) ? udp_groups.bind_another(fd) : next_dup(fd);
}

[[gnu::visibility("default")]] int epoll_ctl(int epoll, int operation, int fd,
                                             epoll_event* event) noexcept {
  if (operation == EPOLL_CTL_ADD) udp_groups.adopt(fd);
  return next_epoll_ctl(epoll, operation, fd, event);
}

}  // extern "C"
