// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The TCP sockets that listen on a port, at a cost that does not grow with the
// number of connections.
#pragma once

#include <cstdint>
#include <set>

#include "base/error.h"

namespace bmc {

/// Inodes of the sockets of this network namespace that listen on the TCP port.
Result<std::set<std::uint64_t>> listener_inodes(std::uint16_t port);

}  // namespace bmc
