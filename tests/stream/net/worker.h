// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Some of the clients, in one thread and one epoll loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>

#include "net/connection.h"
#include "net/findings.h"

namespace bmc::stream {

class Worker {
 public:
  /// Of the load's connections every @step-th from @first on.
  Worker(const Load& load, std::uint32_t first, std::uint32_t step);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  /// Until all clients are done; @stop makes them finish what they have begun.
  void run(const std::atomic<bool>& stop);
  const Findings& findings() const { return findings_; }

 private:
  void advance(Connection& connection, Clock::time_point now);
  void watch(Connection& connection, int old_fd);
  int timeout_ms(Clock::time_point now) const;

  int epoll_;
  Findings findings_;
  std::deque<Connection> connections_;  // they stay where they are
};

}  // namespace bmc::stream
