// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// memcached's UDP sockets. It binds one for each address and duplicates the descriptor
// for every further worker, so that all wait at one queue. Here the duplicate is a
// socket of its own: those of an address are a reuseport group, among which the kernel
// spreads the datagrams.
//
// Any thread may call: entries are only added, and each is complete when its
// descriptor can be found. memcached keeps its UDP sockets until it ends.
#pragma once

#include <sys/socket.h>

#include <array>
#include <atomic>

namespace bmc::sr {

class UdpGroups {
 public:
  /// Binds the first socket of an address, as bind(2).
  int bind_first(int fd, const sockaddr* address, socklen_t length) noexcept;

  /// Whether duplicates of @fd are to be sockets of their own.
  bool is_first(int fd) const noexcept;

  /// One more socket bound as @first is: its descriptor, or -1 and errno, as dup(2).
  int bind_another(int first) noexcept;

  /// The calling thread is the one that waits for @fd: if that is one of these
  /// sockets, and workers are to be pinned, this is its worker.
  void adopt(int fd) noexcept;

 private:
  struct Member {
    std::atomic<int> fd{-1};
    int first = -1;  ///< the descriptor of the group's first socket
    int cpu = -1;    ///< of the worker, if it is to be pinned
  };
  static constexpr int kMembersMax = 1024;

  int size() const noexcept;
  const Member* find(int fd) const noexcept;
  bool add(int fd, int first) noexcept;

  std::array<Member, kMembersMax> members_{};
  std::atomic<int> added_{0};
};

}  // namespace bmc::sr
