// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// TCP sockets of this network namespace whose send buffer is so full that their
// owner could not write to them.
#pragma once

#include <cstdint>
#include <set>

#include "base/error.h"

namespace bmc {

/// Inodes. Where the kernel does not tell about buffers (sock_diag(7)), every
/// socket that has anything left to send or to be acknowledged.
Result<std::set<std::uint64_t>> blocked_tcp_sockets();

/// The kernel's rule for "may be written to": a third of the buffer is free.
bool is_writable(std::uint32_t buffer_bytes, std::uint32_t queued_bytes);

}  // namespace bmc
