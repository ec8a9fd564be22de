// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/poller.h"

#include <cerrno>
#include <ctime>

namespace bmc::bench {

Result<Poller> Poller::make() {
  Fd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (epoll.get() < 0) return fail("cannot make an epoll instance", errno);
  return Poller(std::move(epoll));
}

Result<void> Poller::control(int operation, int fd, std::uint64_t tag, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.u64 = tag}};
  if (epoll_ctl(epoll_.get(), operation, fd, &event) != 0) return fail("epoll_ctl", errno);
  return {};
}

Result<std::span<const epoll_event>> Poller::wait(std::uint64_t ns) {
  const timespec timeout{static_cast<time_t>(ns / 1'000'000'000),
                         static_cast<long>(ns % 1'000'000'000)};
  const int count = epoll_pwait2(epoll_.get(), events_.data(), static_cast<int>(events_.size()),
                                 &timeout, nullptr);
  if (count < 0 && errno != EINTR) return fail("epoll_pwait2", errno);
  return std::span<const epoll_event>(events_.data(), count < 0 ? 0 : static_cast<size_t>(count));
}

}  // namespace bmc::bench
