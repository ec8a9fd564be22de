// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Finds the memcached of a port and judges it, once and for a command that
// waits; the daemon does the same in its event loop.
#pragma once

#include <cstdint>

#include "memcached/connection.h"
#include "memcached/process.h"
#include "memcached/settings.h"

namespace bmc {

struct Inquiry {
  Process process;
  ServerFacts facts;
};

Result<Inquiry> inquire(std::uint16_t port);

/// Connects, and makes sure that it is this process that answers: others may listen there, too.
Task<void> connect_to(Connection& connection, Endpoint endpoint, pid_t pid);

/// What to tell somebody whose memcached does not listen over UDP, or TCP.
Error no_udp_error(std::uint16_t port);
Error no_tcp_error(std::uint16_t port);

}  // namespace bmc
