// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Sockets that share their port.
#pragma once

#include <sys/socket.h>

#include "sr/preload/next.h"

namespace bmc::sr {

extern Next<int(int, const sockaddr*, socklen_t)> next_bind;

enum class Kind { kOther, kTcp, kUdp };

/// kOther: neither IPv4 nor IPv6, or no socket at all.
Kind kind_of(int fd) noexcept;

/// Sets SO_REUSEPORT, which is to be done before bind(2).
bool share_port(int fd) noexcept;

/// Makes a socket with the options that memcached gave to @pattern, bound to the same
/// address: its descriptor, or -1 and errno.
int bind_like(int pattern) noexcept;

void close_keeping_errno(int fd) noexcept;

}  // namespace bmc::sr
