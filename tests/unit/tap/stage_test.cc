// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// A cached key that is overwritten stays cached, with exactly what was stored; or goes.
#include <algorithm>
#include <vector>

#include "reference/block.h"
#include "tap_fixture.h"

namespace bmc::host {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000, kNow = 5000 * kSecond;
constexpr std::uint32_t kStartedUnix = 1'700'000'000, kMonth = 60 * 60 * 24 * 30;

class TapStage : public TapTest {
 protected:
  TapStage() {
    host_set_time(kNow);
    host_state()->start_low_ns = kNow - 100 * kSecond;
    host_state()->clock_floor_s = 99;
    host_state()->process_started_s = kStartedUnix;
    host_state()->ttl_known = 1;
  }
  ~TapStage() override { host_set_time(1ull << 40); }

  void set(const std::string& key, const std::string& rest,
           const std::string& reply = "STORED\r\n") {
    if (!cached(key)) fill_for_following({key});
    received("set " + key + " " + rest);
    sent(reply);
  }

  /// Of a set with that time to live; nothing: the key is not cached behind it.
  std::optional<std::uint32_t> expiry_of(long long exptime) {
    set("k", "0 " + std::to_string(exptime) + " 1\r\nx\r\n");
    if (!cached("k")) return std::nullopt;
    return cached("k")->expiry;
  }

  static std::uint32_t tick(std::uint64_t ns) {
    return static_cast<std::uint32_t>(ns >> BMC_TICK_SHIFT);
  }
};

TEST_F(TapStage, AValueOfAnySizeIsCachedAsItWasSent) {
  for (const auto& [key, flags] : std::vector<std::pair<std::string, std::uint32_t>>{
           {"k", 0}, {std::string(250, 'a'), 4294967295}, {std::string(31, 'b'), 70000}}) {
    bool fitted = true;
    for (std::size_t bytes = 0; bytes <= BMC_TEXT_MAX; bytes++) {
      std::string data(bytes, 'v');
      for (std::size_t i = 0; i < bytes; i++) data[i] = static_cast<char>(i * 7 + bytes);
      set(key, std::to_string(flags) + " 0 " + std::to_string(bytes) + "\r\n" + data + "\r\n");
      const reference::Item item{.flags = flags, .data = data};
      const std::string text = reference::value_text(key, item);
      const bool fits = text.size() <= BMC_TEXT_MAX;
      ASSERT_EQ(cached_text(key), fits ? text : "") << bytes;
      if (fits) {
        const bmc_block *have = cached(key), want = reference::block_of(key, item, text, 0);
        EXPECT_EQ(have->text_sum, want.text_sum) << bytes;
        EXPECT_EQ(have->key_bytes, want.key_bytes) << bytes;
        EXPECT_EQ(have->head_bytes, want.head_bytes) << bytes;
        EXPECT_EQ(have->cas_low | have->cas_high, 0u) << bytes;
        EXPECT_EQ(have->expiry, 0u) << bytes;
        EXPECT_EQ(have->bucket, bucket_of(key)) << bytes;
      }
      fitted &= fits;
    }
    EXPECT_FALSE(fitted);
  }
}

TEST_F(TapStage, AMetaStoreIsCachedAsItWasSent) {
  received("ms k 5 F17 c\r\nhello\r\n");
  sent("HD c5\r\n");
  EXPECT_EQ(cached_text("k"), "VALUE k 17 5\r\nhello\r\n");
  received("ms k 2\r\nhe\r\n");
  sent("HD\r\n");
  EXPECT_EQ(cached_text("k"), "VALUE k 0 2\r\nhe\r\n");
}

TEST_F(TapStage, OnlyStoredPublishes) {
  for (const char* reply :
       {"NOT_STORED\r\n", "EXISTS\r\n", "NOT_FOUND\r\n", "STORE", "STORED\r",
        "SERVER_ERROR out of memory\r\n", "ERROR\r\n", "STORED\r\nSTORED\r\n"}) {
    fill_for_following({"k"});
    received("cas k 0 0 1 5\r\nx\r\n");
    sent(reply);
    EXPECT_EQ(cached_text("k"), "") << reply;
    connection_.emplace();
    EXPECT_EQ(what_remains(), "") << reply;
  }
}

TEST_F(TapStage, AReplyInPiecesPublishesToo) {
  received("set k 0 0 1\r\nx\r\n");
  const std::vector<std::string> pieces = {"STO", "RED", "\r\n"};
  connection_->sent(pieces, 8);
  EXPECT_EQ(cached_text("k"), "VALUE k 0 1\r\nx\r\n");
  received("set k 0 0 1\r\ny\r\n");
  connection_->sent(pieces, 7);
  EXPECT_EQ(cached_text("k"), "");
}

TEST_F(TapStage, AReplyByAnotherCallPublishesToo) {
  received("set k 0 0 1\r\nx\r\n");
  host_socket_wrote(connection_->socket(), "STORED\r\n", 8);
  EXPECT_EQ(cached_text("k"), "VALUE k 0 1\r\nx\r\n");
}

TEST_F(TapStage, AValueOfSeveralRecvsIsNotCached) {
  received("set k 0 0 5\r\nhel");
  received("lo\r\n");
  sent("STORED\r\n");
  EXPECT_FALSE(cached("k"));
  EXPECT_FALSE(is_open("k"));
}

TEST_F(TapStage, AValueBesideAnotherCommandIsNotCached) {
  for (const char* batch : {"set k 0 0 1\r\nx\r\ndelete l\r\n", "delete l\r\nset k 0 0 1\r\nx\r\n",
                            "get l\r\nset k 0 0 1\r\nx\r\n", "set k 0 0 1\r\nx\r\nget l\r\n"}) {
    fill_for_following({"k", "l"});
    received(batch);
    sent("STORED\r\n");
    sent("DELETED\r\n");
    EXPECT_FALSE(cached("k")) << batch;
    connection_.emplace();
  }
}

TEST_F(TapStage, AValueBehindAnUnansweredCommandIsNotCached) {
  for (const char* before : {"delete k\r\n", "get l\r\n", "delete l noreply\r\n"}) {
    fill_for_following({"k", "l"});
    // The buffer was full: more may follow.
    connection_->received(before, std::char_traits<char>::length(before));
    received("set k 0 0 1\r\nx\r\n");
    sent("STORED\r\n");
    EXPECT_FALSE(cached("k")) << before;
    connection_.emplace();
    EXPECT_EQ(what_remains(), "");
  }
}

TEST_F(TapStage, TwoWritersOfAKeyPublishNothing) {
  Connection other;
  received("set k 0 0 1\r\nx\r\n");
  other.received("set k 0 0 1\r\ny\r\n", kBuffer);
  sent("STORED\r\n");
  EXPECT_FALSE(cached("k"));
  EXPECT_TRUE(is_open("k"));
  other.sent("STORED\r\n");
  EXPECT_FALSE(cached("k"));
  EXPECT_FALSE(is_open("k"));
}

TEST_F(TapStage, AWriteThatWasOverMeanwhileHindersPublishing) {
  Connection other;
  received("set k 0 0 1\r\nx\r\n");
  other.received("delete k\r\n", kBuffer);
  other.sent("NOT_FOUND\r\n");
  sent("STORED\r\n");
  EXPECT_FALSE(cached("k"));
}

TEST_F(TapStage, AFlushMeanwhileHindersPublishing) {
  Connection other;
  received("set k 0 0 1\r\nx\r\n");
  other.received("flush_all\r\n", kBuffer);
  EXPECT_EQ(host_state()->flush_opens, 1u);
  other.sent("OK\r\n");
  EXPECT_EQ(host_state()->flush_opens, 0u);
  sent("STORED\r\n");
  host_state()->stopped = 0;
  EXPECT_FALSE(cached("k"));
}

TEST_F(TapStage, AnOpenThatMayTouchAnyKeyHindersPublishing) {
  Connection other;
  received("set k 0 0 1\r\nx\r\n");
  other.received("bogus\r\n", kBuffer);
  sent("STORED\r\n");
  EXPECT_FALSE(cached("k"));
  fill_for_following({"k"});
  received("set k 0 0 1\r\nx\r\n");
  sent("STORED\r\n");
  EXPECT_FALSE(cached("k"));
}

TEST_F(TapStage, NothingIsStagedWhileServingIsStopped) {
  host_state()->stopped = BMC_STOP_FLUSH;
  received("set k 0 0 1\r\nx\r\n");
  EXPECT_FALSE(connection_->look().is_staged);
  EXPECT_TRUE(is_open("k"));
  sent("STORED\r\n");
  host_state()->stopped = 0;
  EXPECT_FALSE(cached("k"));
}

TEST_F(TapStage, AnUnansweredStoreIsDroppedWhenMoreIsAskedFor) {
  received("set k 0 0 1\r\nx\r\n");
  EXPECT_TRUE(connection_->look().is_staged);
  received("get l\r\n");
  EXPECT_FALSE(connection_->look().is_staged);
  sent("STORED\r\n");
  EXPECT_FALSE(cached("k"));
  EXPECT_FALSE(is_open("k"));
}

TEST_F(TapStage, TheLastMomentIsTheOneBeforeMemcachedMayExpireIt) {
  const std::uint64_t start = kNow - 100 * kSecond;
  EXPECT_EQ(expiry_of(0), 0u);
  EXPECT_EQ(expiry_of(60), tick(start + (99 + 60) * kSecond));
  EXPECT_EQ(expiry_of(kMonth), tick(start + (99ull + kMonth) * kSecond));
  EXPECT_EQ(expiry_of(kStartedUnix + 500ll), tick(start + 500 * kSecond));
  EXPECT_EQ(expiry_of(-1), std::nullopt);
}

TEST_F(TapStage, WhatIsExpiredOrAboutToIsNotCached) {
  EXPECT_EQ(expiry_of(1), std::nullopt);  // 100 s after the start: now
  EXPECT_TRUE(expiry_of(2).has_value());  // in one second
  EXPECT_EQ(expiry_of(kStartedUnix), std::nullopt);
  EXPECT_EQ(expiry_of(kMonth + 1), std::nullopt);  // a day of 1970
  EXPECT_EQ(expiry_of(kStartedUnix + 100ll), std::nullopt);
  EXPECT_TRUE(expiry_of(kStartedUnix + 101ll).has_value());
  host_state()->start_low_ns = kNow;
  host_state()->process_started_s = 0;
  EXPECT_EQ(expiry_of(2147483647), 0xffffffffu);  // farther than a tick can say
}

TEST_F(TapStage, WithoutAClockNothingThatExpiresIsCached) {
  host_state()->ttl_known = 0;
  EXPECT_EQ(expiry_of(60), std::nullopt);
  EXPECT_EQ(expiry_of(0), 0u);
}

TEST_F(TapStage, EveryWriteLeavesAnotherSlotWord) {
  const auto word = [] {
    const bmc_bucket* bucket = host_bucket(bucket_of("k"));
    return *std::ranges::max_element(bucket->slots);
  };
  std::vector<std::uint64_t> seen;
  for (int i = 0; i < 50; i++) {
    set("k", "0 0 1\r\nx\r\n");
    ASSERT_TRUE(cached("k"));
    seen.push_back(word());
    fill_for_following({"k"});
    seen.push_back(word());
  }
  // The generation alone, whichever block was linked.
  for (std::uint64_t& each : seen) each = each >> BMC_SLOT_GEN_SHIFT;
  std::ranges::sort(seen);
  EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end());
}

// memcached that systemd starts at boot: where its clock began (2 s before it was started, in
// time_t, which began when the process did less a minute) is before the boot's.
TEST_F(TapStage, AnExpiryBeforeTheBootIsPast) {
  host_state()->start_low_ns = -52 * kSecond;
  for (const std::uint32_t after_start : {1u, 20u, 51u}) {
    EXPECT_EQ(expiry_of(kStartedUnix + after_start), std::nullopt) << after_start;
  }
  EXPECT_EQ(expiry_of(kStartedUnix + 5100), tick(5048 * kSecond));
}

}  // namespace
}  // namespace bmc::host
