// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sr/preload/socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>

namespace bmc::sr {

constinit Next<int(int, const sockaddr*, socklen_t)> next_bind{"bind"};

namespace {

/// The value of an option that is an int, -1 if there is none.
int option(int fd, int level, int name) noexcept {
  int value = -1;
  socklen_t length = sizeof value;
  return ::getsockopt(fd, level, name, &value, &length) == 0 ? value : -1;
}

bool set_option(int fd, int level, int name, int value) noexcept {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

bool copy_options(int from, int to) noexcept {
  const int domain = option(from, SOL_SOCKET, SO_DOMAIN);
  if (domain == AF_INET6 &&
      !set_option(to, IPPROTO_IPV6, IPV6_V6ONLY, option(from, IPPROTO_IPV6, IPV6_V6ONLY))) {
    return false;
  }
  // The kernel reports twice what was asked for (socket(7)).
  return set_option(to, SOL_SOCKET, SO_SNDBUF, option(from, SOL_SOCKET, SO_SNDBUF) / 2) &&
         set_option(to, SOL_SOCKET, SO_REUSEADDR, option(from, SOL_SOCKET, SO_REUSEADDR)) &&
         ::fcntl(to, F_SETFL, ::fcntl(from, F_GETFL)) == 0;
}

bool bind_to_same(int from, int to) noexcept {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  auto* const name = reinterpret_cast<sockaddr*>(&address);
  return ::getsockname(from, name, &length) == 0 && next_bind(to, name, length) == 0;
}

}  // namespace

Kind kind_of(int fd) noexcept {
  const int domain = option(fd, SOL_SOCKET, SO_DOMAIN);
  if (domain != AF_INET && domain != AF_INET6) return Kind::kOther;
  switch (option(fd, SOL_SOCKET, SO_TYPE)) {
    case SOCK_STREAM:
      return Kind::kTcp;
    case SOCK_DGRAM:
      return Kind::kUdp;
    default:
      return Kind::kOther;
  }
}

bool share_port(int fd) noexcept {
  return set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
}

int bind_like(int pattern) noexcept {
  const int fd = ::socket(option(pattern, SOL_SOCKET, SO_DOMAIN), SOCK_DGRAM, 0);
  if (fd < 0) return -1;
  if (copy_options(pattern, fd) && share_port(fd) && bind_to_same(pattern, fd)) return fd;
  close_keeping_errno(fd);
  return -1;
}

void close_keeping_errno(int fd) noexcept {
  const int err = errno;
  ::close(fd);
  errno = err;
}

}  // namespace bmc::sr
