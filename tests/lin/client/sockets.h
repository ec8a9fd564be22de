// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Plain blocking sockets with a receive time-out: the randomized test shares no
// code with what it tests.
#pragma once

#include <netinet/in.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bmc::lin {

/// A numeric address and port, IPv4 or IPv6.
struct Server {
  sockaddr_storage address{};
  socklen_t length = 0;

  static std::optional<Server> parse(const std::string& host, std::uint16_t port);
};

class Socket {
 public:
  Socket() = default;
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket();

  /// Connects (or, for SOCK_DGRAM, fixes the peer); empty if it cannot.
  static Socket connect(const Server& server, int type, std::chrono::milliseconds timeout);

  explicit operator bool() const { return fd_ >= 0; }
  bool send(std::string_view bytes) const;  ///< all of it, or false
  /// What arrived, appended; false after a time-out, an error or the end.
  bool receive(std::string& buffer) const;

 private:
  int fd_ = -1;
};

}  // namespace bmc::lin
