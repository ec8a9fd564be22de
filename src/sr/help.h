// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <string_view>

namespace bmc::sr {

inline constexpr std::string_view kHelp =
    R"(memcached-sr - memcached with a UDP socket for each of its threads

Usage: memcached-sr [--steer cpu] [--pin] [--tcp-reuseport] [--memcached PATH]
                    [memcached's options]

memcached binds one UDP socket, at whose queue all of its threads wait: each datagram
wakes them all, and one of them gets it. memcached-sr starts the memcached of your
system, unchanged, with a small preloaded library. The threads then have a socket each,
and the kernel spreads the clients over them (SO_REUSEPORT, see socket(7)). All else is
as ever: memcached's options, its process, its answers.

Options:
  --steer cpu        The thread that runs on the CPU which received a datagram gets it:
                     no datagram moves between CPUs. Pins, as --pin does. For clients
                     whose datagrams arrive on all CPUs, as with a card of many queues.
  --pin              Thread i stays on the i-th of the CPUs that memcached may use;
                     taskset(1) in front chooses them.
  --tcp-reuseport    Other processes of the same user may listen on the TCP port, too,
                     and share its connections.
  --memcached PATH   Start this memcached and not the first one in PATH.
  -h, --help         This text. memcached's own: memcached -h

-U is needed: without it memcached has no UDP socket. Name several addresses by one -l
with semicolons, -l '192.0.2.1;127.0.0.1', not with commas, which take all but one of
the threads from UDP.

Exit codes: 1 not started, 2 wrong usage, 3 this memcached cannot have a library
preloaded (statically linked, another C library); otherwise memcached's.

Environment: LD_PRELOAD is kept, and memcached-sr.so put in front of it. The options
reach the library as MEMCACHED_SR_STEER=cpu, MEMCACHED_SR_PIN=1, MEMCACHED_SR_TCP=1,
and a service may set all of these itself.

Examples: memcached-sr -U 11211 -t 4
          taskset -c 0-3 memcached-sr --steer cpu -U 11211 -t 4 -u memcache -l 192.0.2.1
)";

}  // namespace bmc::sr
