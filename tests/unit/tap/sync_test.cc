// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// A connection that cannot be followed holds everything, until a lone get is answered
// (coherence.md 3).
#include <vector>

#include "bmc/abi.h"
#include "tap_fixture.h"

namespace bmc::host {
namespace {

class TapSync : public TapTest {
 protected:
  TapSync() { received("bogus\r\n"); }

  bool is_lost() const {
    EXPECT_EQ(connection_->look().lost != 0, host_state()->unsynced == 1);
    EXPECT_EQ(connection_->look().lost != 0, host_state()->global_opens == 1);
    return connection_->look().lost != 0;
  }

  bool returns_by(const std::string& probe, const std::string& answer) {
    received(probe);
    sent(answer);
    const bool returned = !is_lost();
    connection_.emplace();
    EXPECT_EQ(what_remains(), "");
    received("bogus\r\n");
    return returned;
  }
};

TEST_F(TapSync, HoldsEverythingUntilItEnds) {
  EXPECT_TRUE(is_lost());
  EXPECT_FALSE(cached("k"));
  bmc_lease lease{};
  lease.hash = hash_for_following("k");
  host_lease(&lease);
  EXPECT_NE(lease.result, 0);
  connection_.reset();
  host_lease(&lease);
  EXPECT_EQ(lease.result, 0);
  EXPECT_EQ(host_state()->unsynced, 0u);
}

TEST_F(TapSync, WhateverArrivesMayBeAWrite) {
  for (int i = 0; i < 3; i++) {
    const std::uint32_t epoch = host_state()->epoch;
    received("get k\r\n");
    EXPECT_NE(host_state()->epoch, epoch);
  }
}

TEST_F(TapSync, ReturnsByTheAnswerToALoneGet) {
  EXPECT_TRUE(returns_by("get k\r\n", "END\r\n"));
  EXPECT_TRUE(returns_by("get k\r\n", "VALUE k 0 3\r\nold\r\nEND\r\n"));
  EXPECT_TRUE(returns_by("get k\r\n", "VALUE k 17 0\r\n\r\nEND\r\n"));
  const std::string longest(250, 'a'), data(5000, 'x');
  EXPECT_TRUE(returns_by("get " + longest + "\r\n",
                         "VALUE " + longest + " 0 5000\r\n" + data + "\r\nEND\r\n"));
}

TEST_F(TapSync, ReturnsByNoOtherAnswer) {
  for (const char* answer :
       {"END\r", "END\r\n\r\n", "ENX\r\n", "VALUE l 0 3\r\nold\r\nEND\r\n",
        "VALUE kk 0 3\r\nold\r\nEND\r\n", "VALUE k 0 3\r\nold\r\nEND\r\nEND\r\n",
        "VALUE k 0 3\r\nold\r\n", "VALUE k 0 4\r\nold\r\nEND\r\n", "VALUE k 0 x\r\nold\r\nEND\r\n",
        "VALUE k 0 3 7\r\nold\r\nEND\r\n", "STORED\r\n", "ERROR\r\n",
        "VALUX k 0 3\r\nold\r\nEND\r\n", "VALUE k 0 3"})
    EXPECT_FALSE(returns_by("get k\r\n", answer)) << answer;
  const std::string a = std::string(249, 'a');
  EXPECT_FALSE(returns_by("get " + a + "b\r\n", "VALUE " + a + "c 0 1\r\nx\r\nEND\r\n"));
}

TEST_F(TapSync, ReturnsByNoOtherRequest) {
  for (const char* probe : {"gets k\r\n", "get k l\r\n", "get k\n", "get k", "mg k\r\n", "get\r\n",
                            "get k\r\nget k\r\n", "get k\r\n ", "gat 0 k\r\n", " get k\r\n"})
    EXPECT_FALSE(returns_by(probe, "END\r\n")) << probe;
  EXPECT_FALSE(returns_by("get " + std::string(251, 'a') + "\r\n", "END\r\n"));
}

TEST_F(TapSync, AProbeCountsOnlyIfAllWasTakenBeforeIt) {
  // The buffer was full: memcached may not have executed it all.
  connection_->received("garbage\r\n", 9);
  EXPECT_FALSE(returns_by("get k\r\n", "END\r\n"));
  connection_->received("garbage\r\n", 9);
  received("more\r\n");
  EXPECT_TRUE(returns_by("get k\r\n", "END\r\n"));
  // Nor if the probe itself fills it.
  connection_->received("get k\r\n", 7);
  sent("END\r\n");
  EXPECT_TRUE(is_lost());
}

TEST_F(TapSync, OnlyTheNextSendAnswersAProbe) {
  received("get k\r\n");
  sent("ERROR\r\n");
  sent("END\r\n");
  EXPECT_TRUE(is_lost());
  received("get k\r\n");
  received("bogus\r\n");
  sent("END\r\n");
  EXPECT_TRUE(is_lost());
}

TEST_F(TapSync, AfterwardsItIsFollowedAsAnyOther) {
  received("get k\r\n");
  sent("END\r\n");
  ASSERT_FALSE(is_lost());
  fill_for_following({"k", "l"});
  received("delete k\r\n");
  EXPECT_TRUE(is_open("k"));
  EXPECT_FALSE(cached("k"));
  EXPECT_TRUE(cached("l"));
  sent("DELETED\r\n");
  EXPECT_FALSE(is_open("k"));
  received("set l 0 0 1\r\nx\r\n");
  sent("STORED\r\n");
  EXPECT_EQ(cached_text("l"), "VALUE l 0 1\r\nx\r\n");
}

TEST_F(TapSync, WhatWasOutstandingIsForgottenWithTheReturn) {
  for (const char* front : {"set k 0 0 1000\r\nbogus", "gat 0 k", "set l 0 0 1\r\nxyz"}) {
    connection_.emplace();
    fill_for_following({"k", "l"});
    received(front);
    received("\r\rbogus\r\n" + std::string(1100, 'x') + "\r\n");
    ASSERT_TRUE(is_lost()) << front;
    received("get k\r\n");
    sent("END\r\n");
    ASSERT_FALSE(is_lost());
    fill_for_following({"k", "l"});
    received("delete k\r\n");
    EXPECT_FALSE(cached("k"));
    sent("DELETED\r\n");
    EXPECT_FALSE(is_open("k"));
    EXPECT_TRUE(cached("l"));
  }
}

TEST_F(TapSync, AnUnfittingReplyLosesIt) {
  connection_.emplace();
  received("delete k\r\n");
  sent("STORED\r\n");
  EXPECT_EQ(connection_->look().lost, BMC_DESYNC_REPLY);
  connection_.emplace();
  received("delete k\r\ndelete l\r\n");
  sent("DELETED\r\nDELETED\r\nDELETED\r\n");
  EXPECT_EQ(connection_->look().lost, BMC_DESYNC_REPLY);
}

TEST_F(TapSync, SeveralCommandsAreOverWithAsManyReplies) {
  connection_.emplace();
  received("delete k\r\nincr l 1\r\ntouch k 0\r\n");
  sent("DELETED\r\n");
  EXPECT_TRUE(is_open("k"));
  sent("NOT_FOUND\r\nTOUCHED\r\n");
  EXPECT_FALSE(is_open("k") || is_open("l"));
  sent("TOUCHED\r\n");  // one too many
  EXPECT_EQ(connection_->look().lost, BMC_DESYNC_REPLY);
}

TEST_F(TapSync, RepliesEndNoDataBlock) {
  connection_.emplace();
  received("delete l\r\nset k 0 0 5\r\nhel");
  sent("DELETED\r\nSTORED\r\n");
  EXPECT_TRUE(is_lost());
  connection_.emplace();
  fill_for_following({"k"});
  received("set k 0 0 5\r\n");
  sent("STORED\r\n");
  EXPECT_TRUE(is_open("k"));
}

TEST_F(TapSync, AnErrorTellsNothing) {
  connection_.emplace();
  received("delete k\r\ndelete l\r\n");
  sent("ERROR\r\nDELETED\r\n");
  EXPECT_TRUE(is_open("k"));
  EXPECT_EQ(connection_->look().lost, 0u);
  received("get k\r\n");
  EXPECT_FALSE(is_open("k"));
}

TEST_F(TapSync, HushedCommandsAreOverWithMn) {
  connection_.emplace();
  received("md k q\r\nmd l q\r\nmn\r\n");
  sent("NF\r\n");
  EXPECT_TRUE(is_open("k") && is_open("l"));
  sent("MN\r\n");
  EXPECT_FALSE(is_open("k") || is_open("l"));
}

}  // namespace
}  // namespace bmc::host
