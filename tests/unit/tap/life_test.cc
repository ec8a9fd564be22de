// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Connections and processes begin and end (coherence.md 6), and no byte passes unseen (I11).
#include "bmc/abi.h"
#include "tap_fixture.h"

namespace bmc::host {
namespace {

class TapLife : public TapTest {
 protected:
  void older() { connection_.emplace(host_socket_older()); }
};

TEST_F(TapLife, AConnectionThatWasThereBeforeIsNotFollowed) {
  older();
  received("get l\r\n");
  EXPECT_EQ(connection_->look().lost, BMC_DESYNC_OLDER);
  EXPECT_EQ(host_state()->doubt, 0u);
  EXPECT_FALSE(cached("k"));
}

TEST_F(TapLife, ASocketOfAnotherMemcachedIsNotFollowed) {
  host_state()->incarnation++;
  received("get l\r\n");
  EXPECT_EQ(connection_->look().lost, BMC_DESYNC_OLDER);
  connection_.emplace();
  received("get l\r\n");
  EXPECT_EQ(connection_->look().lost, 0u);
  host_state()->incarnation++;  // it is known to be followed
  received("get l\r\n");
  EXPECT_EQ(connection_->look().lost, 0u);
}

TEST_F(TapLife, MemcachedMayListenOnSeveralPorts) {
  connection_.emplace(host_socket_open_on(11212));
  received("get l\r\n");
  EXPECT_EQ(connection_->look().lost, BMC_DESYNC_OLDER);
  host_state()->ports[BMC_PORTS_MAX - 1] = 11212;
  connection_.emplace(host_socket_open_on(11212));
  received("get l\r\n");
  EXPECT_EQ(connection_->look().lost, 0u);
}

TEST_F(TapLife, AClosedConnectionLeavesNothingOpen) {
  for (const char* text : {"delete k\r\n", "set k 0 0 1\r\nx\r\n", "set k 0 0 9\r\nx",
                           "flush_all\r\n", "gat 0 k l\r\n", "bogus\r\n"}) {
    fill_for_following({"k", "l"});
    received(text);
    EXPECT_TRUE(is_open("k")) << text;
    connection_.emplace();
    EXPECT_EQ(what_remains(), "") << text;
    EXPECT_FALSE(cached("k")) << text;
  }
}

TEST_F(TapLife, TheLastThreadStopsEverything) {
  const std::uint32_t epoch = host_state()->epoch;
  host_thread_exits(HOST_TASK + 1, 1);
  EXPECT_EQ(host_state()->stopped, 0u);
  host_stranger_exits();
  EXPECT_EQ(host_state()->stopped, 0u);
  EXPECT_EQ(host_state()->epoch, epoch);
  host_thread_exits(HOST_TASK, 0);
  EXPECT_EQ(host_state()->stopped, BMC_STOP_DEAD);
  EXPECT_NE(host_state()->epoch, epoch);
}

TEST_F(TapLife, AChildProcessIsADoubt) {
  host_forks(HOST_TASK, HOST_TASK);  // a thread
  host_forks(HOST_TASK + 1000, HOST_TASK + 1001);
  host_forks(0, 1);
  EXPECT_EQ(host_state()->doubt, 0u);
  host_forks(HOST_TASK, HOST_TASK + 1);
  EXPECT_EQ(host_state()->doubt, BMC_DOUBT_FORKED);
}

TEST_F(TapLife, AByteThatWasNotSeenIsADoubt) {
  for (const std::uint32_t bytes : {1u, 2u, 1000u}) {
    connection_.emplace();
    fill_for_following({"k"});
    host_state()->doubt = 0;
    received("get l\r\n");
    EXPECT_EQ(host_state()->doubt, 0u);
    host_socket_skip(connection_->socket(), bytes);
    received("get l\r\n");
    EXPECT_EQ(host_state()->doubt, BMC_DOUBT_LOST_BYTES) << bytes;
    EXPECT_TRUE(host_state()->stopped & BMC_STOP_DOUBT);
    received("get l\r\n");
    EXPECT_FALSE(cached("k"));
  }
}

TEST_F(TapLife, AFinIsNoByteThatWasNotSeen) {
  received("get l\r\n");
  host_socket_shut(connection_->socket());
  received("get l\r\n");
  EXPECT_EQ(host_state()->doubt, 0u);
  host_socket_skip(connection_->socket(), 2);
  received("get l\r\n");
  EXPECT_EQ(host_state()->doubt, BMC_DOUBT_LOST_BYTES);
}

TEST_F(TapLife, ACallThatTheTapDoesNotReadLosesTheStream) {
  connection_->received("get l\r\n", kBuffer, HOST_PREAD);
  EXPECT_EQ(connection_->look().lost, BMC_DESYNC_SYSCALL);
  connection_.emplace();
  connection_->received("get l\r\n", 3, HOST_READ);  // more than was asked for
  EXPECT_EQ(connection_->look().lost, BMC_DESYNC_SYSCALL);
  connection_.emplace();
  connection_->received("get l\r\n", kBuffer, HOST_RECVFROM, 0x20);  // MSG_TRUNC: thrown away
  EXPECT_EQ(connection_->look().lost, BMC_DESYNC_SYSCALL);
}

TEST_F(TapLife, AnyCallThatReadsIsFollowed) {
  for (const host_call call : {HOST_READ, HOST_READV, HOST_RECVFROM, HOST_RECVMSG}) {
    fill_for_following({"k", "l"});
    connection_->received("delete k\r\n", kBuffer, call);
    EXPECT_FALSE(cached("k")) << call;
    EXPECT_TRUE(cached("l")) << call;
    EXPECT_EQ(connection_->look().lost, 0u) << call;
    sent("DELETED\r\n");
  }
}

TEST_F(TapLife, APeekIsNoRead) {
  for (const int flags : {2, 0x2000}) {
    host_socket* socket = connection_->socket();
    host_socket_received(socket, HOST_RECVFROM, "delete k\r\n", 10, kBuffer, flags);
    host_socket_skip(socket, -10u);
    EXPECT_TRUE(cached("k"));
  }
  received("get l\r\n");
  EXPECT_EQ(host_state()->doubt, 0u);
}

TEST_F(TapLife, AReadThatLeftSomethingEndsNothing) {
  connection_->received("delete k noreply\r\n", 18);  // as much as was asked for
  received("get l\r\n");
  EXPECT_TRUE(is_open("k"));
  received("get l\r\n");
  EXPECT_FALSE(is_open("k"));
}

TEST_F(TapLife, ADataBlockThatIsReadByItsLengthLeavesNothing) {
  connection_->received("set k 0 0 5 noreply\r\n", kBuffer);
  connection_->received("hello\r\n", 7);
  received("get l\r\n");
  EXPECT_FALSE(is_open("k"));
  // 64 bytes may be the length of a buffer for commands.
  connection_->received("set k 0 0 62 noreply\r\n", kBuffer);
  connection_->received(std::string(62, 'x') + "\r\n", 64);
  received("get l\r\n");
  EXPECT_TRUE(is_open("k"));
}

TEST_F(TapLife, ASocketThatChangedHandsEndsNothing) {
  received("lru_crawler metadump all\r\ndelete k\r\n");
  sent("DELETED\r\n");
  received("get l\r\n");
  received("get l\r\n");
  EXPECT_TRUE(is_open("k"));
  connection_.reset();
  EXPECT_FALSE(is_open("k"));
}

// An entry of an epoch that comes round would be a hit again.
TEST_F(TapLife, EpochsThatRunOutAreADoubt) {
  host_state()->epoch = 0x7ffffffe;
  received("bogus\r\n");
  EXPECT_EQ(host_state()->doubt, 0u);
  received("bogus\r\n");
  EXPECT_EQ(host_state()->doubt, BMC_DOUBT_SATURATED);
  EXPECT_NE(host_state()->stopped & BMC_STOP_DOUBT, 0u);
}

TEST_F(TapLife, AnyNumberOfFlushesInABatchEndsWithIt) {
  const std::string flush = "flush_all noreply\r\n";
  std::string some;
  while (some.size() < 8'192) some += flush;
  unsigned flushes = 0;
  while (flushes < 70'000) {                   // more than 16 bits hold
    connection_->received(some, some.size());  // all that was asked for: there may be more
    flushes += static_cast<unsigned>(some.size() / flush.size());
  }
  EXPECT_EQ(host_state()->flush_opens, flushes);
  connection_.emplace();
  EXPECT_EQ(host_state()->flush_opens, 0u);
}

}  // namespace
}  // namespace bmc::host
