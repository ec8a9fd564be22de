// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Finds the memcached of a port and judges it, once and for a command that
// waits; the daemon does the same in its event loop.
#pragma once

#include <cstdint>

#include "memcached/process.h"
#include "memcached/settings.h"

namespace bmc {

struct Inquiry {
  Process process;
  ServerFacts facts;
};

Result<Inquiry> inquire(std::uint16_t port);

/// What to tell somebody whose memcached does not listen over UDP, or TCP.
Error no_udp_error(std::uint16_t port);
Error no_tcp_error(std::uint16_t port);

}  // namespace bmc
