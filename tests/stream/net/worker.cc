// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "net/worker.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace bmc::stream {
namespace {

constexpr std::chrono::milliseconds kTick{50};  // between looks at who hangs
constexpr int kEvents = 64;

}  // namespace

Worker::Worker(const Load& load, std::uint32_t first, std::uint32_t step)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll");
  for (std::uint32_t i = first; i < load.connections; i += step) {
    connections_.emplace_back(load, i, findings_);
  }
}

Worker::~Worker() {
  ::close(epoll_);
}

void Worker::run(const std::atomic<bool>& stop) {
  for (Connection& connection : connections_) {
    connection.open(Clock::now());
    watch(connection, -1);
  }
  auto next_tick = Clock::now() + kTick;
  std::array<epoll_event, kEvents> events;
  while (!std::ranges::all_of(connections_, &Connection::is_done)) {
    const int ready = ::epoll_wait(epoll_, events.data(), kEvents, timeout_ms(Clock::now()));
    for (int i = 0; i < ready; i++) {
      advance(*static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr),
              Clock::now());
    }
    const auto now = Clock::now();
    const bool is_tick = now >= next_tick;
    if (is_tick) next_tick = now + kTick;
    for (Connection& connection : connections_) {
      if (is_tick) {
        const int old_fd = connection.fd();
        if (stop.load(std::memory_order_relaxed)) connection.finish_soon();
        connection.look_at_clock(now);
        if (!connection.is_done()) watch(connection, old_fd);
      }
      const auto until = connection.paused_until();
      if (!connection.is_done() && until && *until <= now) advance(connection, now);
    }
  }
}

void Worker::advance(Connection& connection, Clock::time_point now) {
  const int old_fd = connection.fd();
  connection.proceed(now);
  if (!connection.is_done()) watch(connection, old_fd);
}

/// A socket that was closed has left the set by itself, and its number may be in use again: to add
/// and to change are tried both.
void Worker::watch(Connection& connection, int old_fd) {
  if (connection.is_done() || !connection.has_socket()) return;
  epoll_event event{};
  event.events = EPOLLIN | (connection.wants_to_write() ? EPOLLOUT : 0U);
  event.data.ptr = &connection;
  const int first = connection.fd() == old_fd ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  const int second = first == EPOLL_CTL_MOD ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (::epoll_ctl(epoll_, first, connection.fd(), &event) &&
      ::epoll_ctl(epoll_, second, connection.fd(), &event)) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

int Worker::timeout_ms(Clock::time_point now) const {
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(kTick);
  for (const Connection& connection : connections_) {
    if (connection.is_done()) continue;
    if (const auto until = connection.paused_until()) {
      left = std::min(left, std::chrono::ceil<std::chrono::milliseconds>(*until - now));
    }
  }
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

}  // namespace bmc::stream
