// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Whether a memcached that was running when the tap was attached still does
// something that the tap did not see begin (coherence.md 6). It does not once,
// for every thread of its event loops and every older connection, the thread was
// asleep in epoll_wait at a moment at which the connection could be written to:
// then no command is half executed, and none waits behind a reply that is stuck.
// Which thread has which connection is not known, so all pairs are seen.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
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
  using Inodes = std::set<std::uint64_t>;

  struct Sleeper {
    pid_t thread;
    std::string switches;  ///< its counts of context switches
  };

  Result<std::vector<Sleeper>> threads_asleep() const;
  std::size_t idle_loops() const;
  bool is_complete() const;

  pid_t pid_ = 0;
  unsigned loops_ = 0;
  Inodes older_;
  std::map<pid_t, Inodes> missing_;  ///< connections not yet seen writable while it slept
};

}  // namespace bmc
