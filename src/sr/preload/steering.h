// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Which socket of a reuseport group gets a datagram. The kernel asks a hash of the
// addresses; here it asks which CPU received the datagram, so that the worker that is
// pinned to this CPU reads it.
#pragma once

namespace bmc::sr {

/// Attaches to the group of which @fd is a socket, for those that join later, too. A
/// datagram that arrives on a CPU without a worker is left to the hash.
bool steer_by_cpu(int fd) noexcept;

}  // namespace bmc::sr
