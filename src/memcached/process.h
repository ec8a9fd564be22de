// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The process that serves a port of this network namespace, found by who holds
// its sockets, and what /proc tells about it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "net/sockets.h"

namespace bmc {

struct Process {
  pid_t pid = 0;
  std::vector<Socket> udp;        ///< bound to the port; empty if it listens over TCP only
  std::vector<Socket> listeners;  ///< TCP, on any port
  std::vector<pid_t> rivals;      ///< other processes that hold a socket as in udp
  /// Other processes that listen over TCP at an address of its listeners (SO_REUSEPORT): the
  /// kernel spreads connections over all of them.
  std::vector<pid_t> sharers;
};

/// Who listens on @port, over TCP before over UDP; nothing if there is no such process.
Result<std::optional<Process>> find_process(std::uint16_t port);

/// Whether connections to the address of one of the listeners may be given to the other.
bool share_connections(const Socket& one, const Socket& other);

/// Whether the process is the one whose `stats` said that it has the pid @told: a proxy is not.
Result<void> check_identity(pid_t pid, std::optional<std::uint64_t> told);

/// The number that the process knows itself by, of its /proc/PID/status: in a process namespace
/// of its own it is another one than ours.
std::optional<pid_t> own_pid(std::string_view status);

/// Inodes of the sockets that the process holds.
Result<std::vector<std::uint64_t>> socket_inodes(pid_t pid);

/// Becomes readable when the process ends.
Result<Fd> open_pidfd(pid_t pid);

bool has_ended(const Fd& pidfd);

/// CLOCK_MONOTONIC when the process began, at most: time that the machine slept
/// since then is taken off.
Result<std::uint64_t> process_start_ns(pid_t pid);

/// Field 22 of /proc/PID/stat, the 20th behind the name in parentheses.
std::optional<std::uint64_t> parse_start_ticks(std::string_view stat);

}  // namespace bmc
