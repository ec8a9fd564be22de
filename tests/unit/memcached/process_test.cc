// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "memcached/process.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "memcached/quiescence.h"

namespace bmc {
namespace {

TEST(OwnPid, IsTheOneOfTheInnermostNamespace) {
  EXPECT_EQ(own_pid("Name:\tmemcached\nNSpid:\t812\t1\nNSpgid:\t812\t1\n"), 1);
  EXPECT_EQ(own_pid("Name:\tmemcached\nNSpid:\t812\n"), 812);
  EXPECT_FALSE(own_pid("Name:\tNSpid:\t7\n"));
  EXPECT_FALSE(own_pid("Name:\tmemcached\nNSpid:\n"));
}

TEST(Identity, IsThatOfTheProcessWhichSaysSo) {
  const auto pid = static_cast<std::uint64_t>(::getpid());
  EXPECT_TRUE(check_identity(::getpid(), pid));
  EXPECT_FALSE(check_identity(::getpid(), pid + 1));
  EXPECT_FALSE(check_identity(::getpid(), std::nullopt));
}

TEST(StartTicks, AreField22WhateverTheNameHolds) {
  const char* rest = " S 1 1 1 0 -1 4194560 764 0 4 0 0 0 0 0 20 0 10 0 167657 422326272";
  EXPECT_EQ(parse_start_ticks(std::string("6230 (memcached)") + rest), 167657u);
  EXPECT_EQ(parse_start_ticks(std::string("6230 (a) S (b c)") + rest), 167657u);
  EXPECT_FALSE(parse_start_ticks("6230 memcached S"));
  EXPECT_FALSE(parse_start_ticks("6230 (memcached) S 1 1"));
}

TEST(ProcessStart, OfThisProcessIsInThePast) {
  const auto start = process_start_ns(::getpid());
  ASSERT_TRUE(start);
  EXPECT_LE(*start, monotonic_ns());
}

TEST(EpollWait, IsRecognisedByItsNumber) {
  EXPECT_TRUE(is_epoll_wait(std::to_string(SYS_epoll_pwait) + " 0x3 0x56 0x20 0x3e8"));
  EXPECT_TRUE(is_epoll_wait(std::to_string(SYS_epoll_wait) + " 0x3 0x56 0x20 0x3e8"));
  EXPECT_FALSE(is_epoll_wait("running\n"));
  EXPECT_FALSE(is_epoll_wait("-1 0x7ffd 0x7f\n"));
  EXPECT_FALSE(is_epoll_wait(std::to_string(SYS_futex) + " 0x3"));
  EXPECT_FALSE(is_epoll_wait(""));
}

Socket listener(const char* address, std::uint16_t port, bool is_ipv6 = false) {
  Socket socket;
  socket.local = *Address::parse(address);
  socket.local_port = port;
  socket.is_ipv6 = is_ipv6;
  return socket;
}

TEST(Listeners, ShareConnectionsToACommonAddress) {
  const Socket any = listener("0.0.0.0", 11211), one = listener("192.0.2.1", 11211);
  EXPECT_TRUE(share_connections(one, one));
  EXPECT_TRUE(share_connections(any, one));
  EXPECT_TRUE(share_connections(one, any));
  EXPECT_FALSE(share_connections(one, listener("192.0.2.3", 11211)));
  EXPECT_FALSE(share_connections(any, listener("0.0.0.0", 11222)));
  EXPECT_FALSE(share_connections(any, listener("::", 11211, true)));  // memcached: IPV6_V6ONLY
}

}  // namespace
}  // namespace bmc
