// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The server to load, as an address to connect to, and sockets connected to it.
#pragma once

#include <sys/socket.h>

#include <string>

#include "base/error.h"
#include "base/fd.h"

namespace bmc::bench {

struct Endpoint {
  sockaddr_storage address{};
  socklen_t address_bytes = 0;
  std::string text;  ///< as it was given

  /// "HOST", "HOST:PORT", "::1", "[::1]:PORT"; the port is 11211 unless given.
  [[nodiscard]] static Result<Endpoint> resolve(const std::string& text);
};

[[nodiscard]] Result<Fd> connect_udp(const Endpoint& server);

/// Non-blocking, without Nagle's delay; waits up to three seconds.
[[nodiscard]] Result<Fd> connect_tcp(const Endpoint& server);

}  // namespace bmc::bench
