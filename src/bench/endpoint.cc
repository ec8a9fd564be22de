// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/endpoint.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace bmc::bench {
namespace {

constexpr const char* kDefaultPort = "11211";
constexpr int kConnectMs = 3000;
constexpr int kUdpReceiveBuffer = 16 << 20;  // a burst of replies must not be lost here

struct HostPort {
  std::string host;
  std::string port = kDefaultPort;
};

HostPort split(const std::string& text) {
  const std::size_t close = text.find(']');
  if (text.starts_with('[') && close != text.npos) {
    const std::string rest = text.substr(close + 1);
    return {text.substr(1, close - 1), rest.starts_with(':') ? rest.substr(1) : kDefaultPort};
  }
  const std::size_t colon = text.find(':');
  // Several colons: an IPv6 address without port.
  if (colon == text.npos || std::count(text.begin(), text.end(), ':') > 1) return {.host = text};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

Result<void> finish_connecting(const Fd& socket, const Endpoint& server) {
  pollfd waiting{.fd = socket.get(), .events = POLLOUT, .revents = 0};
  int error = ETIMEDOUT;
  if (poll(&waiting, 1, kConnectMs) > 0) {
    socklen_t bytes = sizeof error;
    getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &bytes);
  }
  if (error == 0) return {};
  return fail("cannot connect to " + server.text, error, "is memcached running there?");
}

}  // namespace

Result<Endpoint> Endpoint::resolve(const std::string& text) {
  const HostPort parts = split(text);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(parts.host.c_str(), parts.port.c_str(), &hints, &found);
  if (error != 0) {
    return fail(fmt::format("'{}' is no server: {}", text, gai_strerror(error)), 0,
                "write it like 192.0.2.1, 192.0.2.1:11211 or [2001:db8::1]:11211",
                ExitCode::kUsage);
  }
  Endpoint endpoint{.text = text};
  std::memcpy(&endpoint.address, found->ai_addr, found->ai_addrlen);
  endpoint.address_bytes = found->ai_addrlen;
  freeaddrinfo(found);
  return endpoint;
}

Result<Fd> connect_udp(const Endpoint& server) {
  Fd socket(::socket(server.address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return fail("cannot open a UDP socket", errno);
  // Beyond the system's limit where we may, up to it where we may not.
  if (setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kUdpReceiveBuffer, sizeof(int)) != 0) {
    setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &kUdpReceiveBuffer, sizeof(int));
  }
  const auto* address = reinterpret_cast<const sockaddr*>(&server.address);
  if (connect(socket.get(), address, server.address_bytes) != 0) {
    return fail("cannot reach " + server.text, errno);
  }
  return socket;
}

Result<Fd> connect_tcp(const Endpoint& server) {
  Fd socket(::socket(server.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return fail("cannot open a TCP socket", errno);
  const int on = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* address = reinterpret_cast<const sockaddr*>(&server.address);
  if (connect(socket.get(), address, server.address_bytes) != 0 && errno != EINPROGRESS) {
    return fail("cannot connect to " + server.text, errno, "is memcached running there?");
  }
  if (const auto done = finish_connecting(socket, server); !done) {
    return std::unexpected(done.error());
  }
  return socket;
}

}  // namespace bmc::bench
