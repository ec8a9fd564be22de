// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// epoll, level-triggered, with waits in nanoseconds.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>

#include "base/error.h"
#include "base/fd.h"

namespace bmc::bench {

class Poller {
 public:
  [[nodiscard]] static Result<Poller> make();

  /// Reports @fd as @tag when it can be read.
  Result<void> add(int fd, std::uint64_t tag) { return control(EPOLL_CTL_ADD, fd, tag, EPOLLIN); }
  /// Reports it also when it can be written, or no longer.
  Result<void> watch_room(int fd, std::uint64_t tag, bool wanted) {
    return control(EPOLL_CTL_MOD, fd, tag, wanted ? EPOLLIN | EPOLLOUT : EPOLLIN);
  }

  /// Waits for at most @ns; the tags are in the events' data.u64.
  Result<std::span<const epoll_event>> wait(std::uint64_t ns);

 private:
  explicit Poller(Fd epoll) : epoll_(std::move(epoll)) {}
  Result<void> control(int operation, int fd, std::uint64_t tag, std::uint32_t events);

  Fd epoll_;
  std::array<epoll_event, 64> events_{};
};

}  // namespace bmc::bench
