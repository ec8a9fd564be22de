// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "client/sockets.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bmc::lin {

std::optional<Server> Server::parse(const std::string& host, std::uint16_t port) {
  Server server;
  auto* const ipv4 = reinterpret_cast<sockaddr_in*>(&server.address);
  auto* const ipv6 = reinterpret_cast<sockaddr_in6*>(&server.address);
  if (inet_pton(AF_INET, host.c_str(), &ipv4->sin_addr) == 1) {
    ipv4->sin_family = AF_INET;
    ipv4->sin_port = htons(port);
    server.length = sizeof *ipv4;
  } else if (inet_pton(AF_INET6, host.c_str(), &ipv6->sin6_addr) == 1) {
    ipv6->sin6_family = AF_INET6;
    ipv6->sin6_port = htons(port);
    server.length = sizeof *ipv6;
  } else {
    return std::nullopt;
  }
  return server;
}

Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}

Socket Socket::connect(const Server& server, int type, std::chrono::milliseconds timeout) {
  Socket socket;
  socket.fd_ = ::socket(server.address.ss_family, type | SOCK_CLOEXEC, 0);
  if (!socket) return socket;
  const timeval limit{.tv_sec = timeout.count() / 1000,
                      .tv_usec = timeout.count() % 1000 * 1000};
  const int on = 1;
  ::setsockopt(socket.fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(socket.fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (type == SOCK_STREAM) ::setsockopt(socket.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket.fd_, reinterpret_cast<const sockaddr*>(&server.address), server.length)) {
    return {};
  }
  return socket;
}

bool Socket::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Socket::receive(std::string& buffer) const {
  constexpr std::size_t kRoom = 65536;
  const std::size_t old = buffer.size();
  ssize_t received = 0;
  buffer.resize_and_overwrite(old + kRoom, [&](char* data, std::size_t) {
    received = ::recv(fd_, data + old, kRoom, 0);
    return old + static_cast<std::size_t>(received > 0 ? received : 0);
  });
  return received > 0;
}

}  // namespace bmc::lin
