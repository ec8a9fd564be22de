// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Whether a memcached that was running when the tap was attached still does
// something that the tap did not see begin (coherence.md 6). It does not once
// every thread of its event loops was seen asleep in epoll_wait while no older
// connection had anything left to send: then no command is half executed and
// none waits behind a reply that is stuck.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace bmc {

/// Whether a line of /proc/PID/task/TID/syscall shows a thread asleep in one of
/// the epoll_wait family.
bool is_epoll_wait(std::string_view syscall_line);

class Quiescence {
 public:
  /// @workers: memcached's worker threads; its main thread runs a loop as well.
  /// Sockets that are open now are the older ones.
  static Result<Quiescence> of(pid_t pid, unsigned workers);

  /// Looks once. True when all was seen.
  Result<bool> look();

  /// What it still waits for, in words.
  std::string waiting_for() const;

 private:
  Result<bool> older_sockets_are_drained();

  pid_t pid_ = 0;
  unsigned loops_ = 0;
  std::set<std::uint64_t> older_;
  std::set<pid_t> seen_asleep_;
  unsigned stuck_ = 0;  ///< older connections with replies unsent, at the last look
};

}  // namespace bmc
