// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Ends a TCP connection of this host by a reset, as `ss --kill` does
// (SOCK_DESTROY, CONFIG_INET_DIAG_DESTROY).
#pragma once

#include <cstdint>

#include "base/error.h"
#include "net/address.h"

namespace bmc {

struct TcpEndpoint {
  Address address;
  std::uint16_t port = 0;  ///< host order
};

/// @cookie: of the socket; without it the kernel would take the listener, if the
/// connection is gone. ENOENT: it is; EOPNOTSUPP: the kernel cannot.
/// @interface_index: on which its segments come, for a socket that is bound to a device.
Result<void> reset_tcp(const TcpEndpoint& local, const TcpEndpoint& remote, int interface_index,
                       std::uint64_t cookie);

}  // namespace bmc
