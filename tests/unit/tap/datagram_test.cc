// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Writes over UDP: open until the thread asks for its next datagram of that socket, or has
// answered (coherence.md 2 "UDP").
#include <netinet/in.h>

#include <array>
#include <cstring>

#include "bmc/abi.h"
#include "tap_fixture.h"

namespace bmc::host {
namespace {

constexpr std::uint32_t kOther = HOST_TASK + 1;
const std::string kFrame("\0\1\0\0\0\1\0\0", 8);

class TapDatagram : public TapTest {
 protected:
  TapDatagram() { connection_.emplace(host_socket_datagrams()); }
  ~TapDatagram() override {
    // Nothing ends with the socket, but all with the threads.
    host_thread_exits(HOST_TASK, 2);
    host_thread_exits(kOther, 1);
    host_run_as(HOST_TASK);
  }

  void datagram(const std::string& text) {
    connection_->received(kFrame + text, kBuffer, HOST_RECVFROM);
  }
  void rest(const std::string& bytes) { connection_->received(bytes, kBuffer, HOST_READ); }
  void asks_again() { connection_->failed(HOST_RECVFROM); }
};

TEST_F(TapDatagram, AWriteTakesItsKeyAway) {
  datagram("delete k\r\n");
  EXPECT_FALSE(cached("k"));
  EXPECT_TRUE(cached("l"));
  EXPECT_TRUE(is_open("k"));
}

TEST_F(TapDatagram, IsOverWhenItsThreadAsksForTheNextOne) {
  datagram("delete k noreply\r\n");
  EXPECT_TRUE(is_open("k"));
  asks_again();
  EXPECT_FALSE(is_open("k"));
  datagram("delete k noreply\r\n");
  datagram("delete l noreply\r\n");
  EXPECT_FALSE(is_open("k"));
  EXPECT_TRUE(is_open("l"));
}

TEST_F(TapDatagram, IsNotOverWhenAnotherThreadAsks) {
  datagram("delete k\r\n");
  host_run_as(kOther);
  asks_again();
  datagram("delete l\r\n");
  EXPECT_TRUE(is_open("k"));
  EXPECT_TRUE(is_open("l"));
  sent(kFrame + "DELETED\r\n");
  EXPECT_TRUE(is_open("k"));
  EXPECT_FALSE(is_open("l"));
}

TEST_F(TapDatagram, IsNotOverWhenItsThreadAsksAnotherSocket) {
  datagram("delete k\r\n");
  Connection other(host_socket_datagrams());
  other.received(kFrame + "get l\r\n", kBuffer, HOST_RECVFROM);
  EXPECT_TRUE(is_open("k"));
}

TEST_F(TapDatagram, ALoneWriteIsOverWithItsReply) {
  datagram("delete k\r\n");
  sent(kFrame);
  EXPECT_TRUE(is_open("k"));
  sent(kFrame + "STORED\r\n");  // 8 bytes: no answer to a delete
  EXPECT_TRUE(is_open("k"));
  sent(kFrame + "DELETED\r\n");
  EXPECT_FALSE(is_open("k"));
}

TEST_F(TapDatagram, RepliesToSeveralSayNothing) {
  datagram("delete k\r\ndelete l\r\n");
  sent(kFrame + "DELETED\r\n");
  sent(kFrame + "DELETED\r\n");
  EXPECT_TRUE(is_open("k"));
  EXPECT_TRUE(is_open("l"));
  asks_again();
  EXPECT_FALSE(is_open("k") || is_open("l"));
}

TEST_F(TapDatagram, AValueIsNeverPublished) {
  datagram("set k 0 0 1\r\nx\r\n");
  sent(kFrame + "STORED\r\n");
  asks_again();
  EXPECT_FALSE(cached("k"));
  EXPECT_FALSE(is_open("k"));
}

TEST_F(TapDatagram, ADataBlockGoesOnByRead) {
  datagram("set k 0 0 5\r\nhel");
  rest("lo\r\n");
  EXPECT_TRUE(is_open("k"));
  EXPECT_EQ(host_state()->global_opens, 0u);
  asks_again();
  EXPECT_FALSE(is_open("k"));
}

TEST_F(TapDatagram, WhatCannotBeFollowedIsAWriteOfAnyKey) {
  for (const char* text : {"bogus\r\n", "delete k", "get k", "set k 0 0 1\r\nxyz", "delete  k\r\n",
                           "delete k\r\ndelete l"}) {
    fill_for_following({"k", "l"});
    datagram(text);
    EXPECT_EQ(host_state()->global_opens, 1u) << text;
    EXPECT_FALSE(cached("l")) << text;
    sent(kFrame + "DELETED\r\n");
    EXPECT_EQ(host_state()->global_opens, 1u) << text;
    asks_again();
    EXPECT_EQ(host_state()->global_opens, 0u) << text;
  }
}

TEST_F(TapDatagram, ReadsThatAreNoDataBlocksAreWritesOfAnyKey) {
  datagram("get k\r\n");
  rest("delete k\r\n");
  EXPECT_FALSE(cached("k"));
  EXPECT_EQ(host_state()->global_opens, 1u);
  asks_again();
  EXPECT_EQ(host_state()->global_opens, 0u);
  fill_for_following({"k"});
  connection_->received(kFrame + "delete k\r\n", kBuffer, HOST_PREAD);
  EXPECT_FALSE(cached("k"));
}

TEST_F(TapDatagram, APeekIsNotAnAskingForTheNextOne) {
  datagram("delete k\r\n");
  connection_->received(kFrame + "get l\r\n", kBuffer, HOST_RECVFROM, 2);
  EXPECT_TRUE(is_open("k"));
}

TEST_F(TapDatagram, OnlyWhatTheCallHadRoomForCanBeFollowed) {
  connection_->received(kFrame + "get l\r\n", 4, HOST_RECVFROM);
  EXPECT_EQ(host_state()->global_opens, 1u);
  EXPECT_FALSE(cached("k"));
}

TEST_F(TapDatagram, OneThatIsTooShortDoesNothing) {
  connection_->received(kFrame, kBuffer, HOST_RECVFROM);
  connection_->received("delete", kBuffer, HOST_RECVFROM);
  EXPECT_TRUE(cached("k"));
  EXPECT_EQ(host_state()->global_opens, 0u);
}

TEST_F(TapDatagram, AnyCallThatReceivesMayBringIt) {
  connection_->received(kFrame + "delete k\r\n", kBuffer, HOST_RECVMSG);
  EXPECT_FALSE(cached("k"));
  EXPECT_TRUE(cached("l"));
  connection_->received(kFrame + "delete l\r\n", kBuffer, HOST_RECVMSG);
  EXPECT_FALSE(is_open("k"));
  EXPECT_FALSE(cached("l"));
}

TEST_F(TapDatagram, ACommandOfTheDatagramBeforeDoesNotGoOn) {
  datagram("set k 0 0 100\r\nhel");
  datagram("delete l\r\n");
  EXPECT_FALSE(cached("l"));
  EXPECT_TRUE(is_open("l"));
  EXPECT_FALSE(is_open("k"));
  EXPECT_EQ(host_state()->global_opens, 0u);
}

TEST_F(TapDatagram, BinaryAndTextTakeTurns) {
  datagram(std::string("\x80\x04\0\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0k", 25));
  EXPECT_FALSE(cached("k"));
  EXPECT_EQ(host_state()->global_opens, 0u);
  datagram("delete l\r\n");
  EXPECT_FALSE(cached("l"));
  EXPECT_EQ(host_state()->global_opens, 0u);
}

TEST_F(TapDatagram, AFlushIsOverWithItsReply) {
  datagram("flush_all\r\n");
  EXPECT_EQ(host_state()->flush_opens, 1u);
  EXPECT_EQ(host_state()->stopped, BMC_STOP_FLUSH);
  sent(kFrame + "OK\r\n");
  EXPECT_EQ(host_state()->flush_opens, 0u);
}

TEST_F(TapDatagram, WhoWasAnsweredIsRemembered) {
  using Address = std::array<std::uint8_t, 16>;
  const Address four{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7};
  const Address six{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
  sockaddr_in name{};
  name.sin_family = AF_INET;
  std::memcpy(&name.sin_addr, four.data() + 12, 4);
  sockaddr_in6 longer{};
  longer.sin6_family = AF_INET6;
  std::memcpy(&longer.sin6_addr, six.data(), 16);
  const auto answer = [&](const void* to, std::uint32_t bytes) {
    host_socket_sent_to(connection_->socket(), to, bytes, "12345678END\r\n", 13);
  };
  EXPECT_FALSE(host_was_answered(four.data()) || host_was_answered(six.data()));
  answer(&name, 7);  // too short to name anybody
  name.sin_family = AF_UNIX;
  answer(&name, sizeof(name));
  EXPECT_FALSE(host_was_answered(four.data()));
  name.sin_family = AF_INET;
  answer(&name, sizeof(name));
  EXPECT_TRUE(host_was_answered(four.data()));
  answer(&longer, sizeof(longer));
  EXPECT_TRUE(host_was_answered(six.data()));
}

TEST_F(TapDatagram, EndsWithItsThread) {
  datagram("delete k\r\n");
  host_run_as(kOther);
  datagram("delete l\r\n");
  host_thread_exits(HOST_TASK, 1);
  EXPECT_FALSE(is_open("k"));
  EXPECT_TRUE(is_open("l"));
  EXPECT_EQ(host_state()->stopped, 0u);
}

}  // namespace
}  // namespace bmc::host
