// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The life of the memcached in front of which we stand: waits for one, checks
// it, arms the tap, polls its clock and its flushes, and when it ends waits for
// the next.
#pragma once

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "bpf/kernel_side.h"
#include "daemon/admission.h"
#include "daemon/arming.h"
#include "daemon/filler.h"
#include "daemon/flush_watch.h"
#include "daemon/notices.h"
#include "daemon/server_clock.h"
#include "memcached/settings.h"

namespace bmc {

/// What is known of memcached, for the status.
struct MemcachedStatus {
  pid_t pid = 0;                   ///< 0 while there is none
  std::string phase = "starting";  ///< in words: "waiting for ...", "armed"
  std::string endpoint;
  ServerFacts facts;
};

class MemcachedWatch {
 public:
  /// @give_up: called when the daemon cannot do its work at all.
  MemcachedWatch(asio::io_context& events, const KernelSide& kernel, Admission& admission,
                 Filler& filler, Notices& notices, std::function<void(Error)> give_up);

  void start();

  /// Says so if memcached has not answered for long: it is frozen, or starved.
  void notice_silence();

  const MemcachedStatus& status() const { return status_; }

 private:
  asio::awaitable<void> run();
  asio::awaitable<Process> wait_for_process();
  asio::awaitable<void> wait_until_alone(Process process);
  asio::awaitable<void> attend(Process process);
  Task<void> meet(const Process& process);
  Task<void> accompany(const Process& process);
  Task<Stats> ask(std::string_view command);
  Task<void> poll_clock();
  Task<void> poll_flush();
  Task<void> arm(const Process& process);
  Result<void> look_around();
  Result<bool> is_alone();
  bool continues_armed(const Process& process) const;
  bool is_still_found(const Process& process) const;
  void watch_exit(Fd pidfd);
  void take_leave();
  asio::awaitable<void> pause(std::chrono::milliseconds time);

  asio::io_context& events_;
  const KernelSide& kernel_;
  Admission& admission_;
  Filler& filler_;
  Notices& notices_;
  std::function<void(Error)> give_up_;

  ServerClock clock_;
  FlushWatch flushes_;
  Connection connection_;  ///< for stats; fills have their own
  asio::posix::stream_descriptor exit_;
  asio::steady_timer timer_;
  std::optional<Arming> arming_;
  MemcachedStatus status_;
  Endpoint endpoint_;
  std::set<std::uint64_t> known_listeners_;  ///< on its port, when it was alone
  std::uint64_t asked_ns_ = 0;               ///< when it was asked what it has not answered yet
  bool exited_ = false;
  bool met_any_ = false;  ///< a memcached was accepted before
};

}  // namespace bmc
