// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Leases and fills beside writes (I3, I4), and memory that is always full: no block is lost, none
// is given out twice.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "host/connection.h"
#include "host/fill_item.h"
#include "host/follow.h"
#include "reference/block.h"

namespace bmc::host {
namespace {

constexpr std::uint64_t kCommands = 16384;  // memcached's buffer for them
constexpr std::uint32_t kBuckets = 64;      // of load_for_following()

class Index : public testing::Test {
 protected:
  Index() { load_for_following({"k"}); }
  ~Index() override { EXPECT_EQ(what_remains(), ""); }

  static bmc_lease lease(const std::string& key) {
    bmc_lease lease{};
    lease.hash = hash_for_following(key);
    host_lease(&lease);
    return lease;
  }

  static int fill(const bmc_lease& lease, const std::string& key, const reference::Item& item) {
    const std::string text = reference::value_text(key, item);
    bmc_fill fill{};
    fill.lease = lease;
    fill.block = reference::block_of(key, item, text, 0);
    fill.text = reinterpret_cast<std::uint64_t>(text.data());
    host_fill(&fill);
    return fill.lease.result;
  }

  static std::string cached_text(const std::string& key) {
    const bmc_block* block = host_cached(hash_for_following(key));
    return block ? std::string(reinterpret_cast<const char*>(block) + BMC_BLOCK_HEADER,
                               block->text_bytes)
                 : "";
  }
};

TEST_F(Index, AFillUnderItsLeaseIsCached) {
  EXPECT_EQ(fill(lease("k"), "k", {.data = "new"}), 0);
  EXPECT_EQ(cached_text("k"), "VALUE k 0 3\r\nnew\r\n");
}

TEST_F(Index, AFillMayHaveAnySizeThatABlockHolds) {
  const auto fill_of_text = [](std::size_t bytes) {
    const std::size_t front = sizeof("VALUE k 0 1000\r\n\r\n") - 1;
    return fill(lease("k"), "k", {.data = std::string(bytes - front, 'v')});
  };
  EXPECT_EQ(fill_of_text(BMC_TEXT_MAX + 1), -EINVAL);
  EXPECT_EQ(fill_of_text(BMC_TEXT_MAX), 0);
  EXPECT_EQ(cached_text("k").size(), BMC_TEXT_MAX);
}

TEST_F(Index, AWriteTakesItsOwnKeyFromItsBucketOnly) {
  std::vector<std::string> keys;
  for (int i = 0; keys.size() < BMC_SLOTS; i++) {
    const std::string key = "n" + std::to_string(i);
    if (bucket_of(key) == bucket_of("n0")) keys.push_back(key);
  }
  fill_for_following(keys);
  Connection connection;
  for (std::size_t gone = 0; gone < keys.size(); gone++) {
    connection.received("delete " + keys[gone] + "\r\n", kCommands);
    connection.sent("DELETED\r\n");
    for (std::size_t i = 0; i < keys.size(); i++) {
      EXPECT_EQ(cached_text(keys[i]).empty(), i <= gone) << i << " after " << gone;
    }
  }
}

TEST_F(Index, OneLeaseIsGoodForOneFill) {
  const bmc_lease once = lease("k");
  EXPECT_EQ(fill(once, "k", {.data = "new"}), 0);
  EXPECT_EQ(fill(once, "k", {.data = "old"}), -ESTALE);
  EXPECT_EQ(cached_text("k"), "VALUE k 0 3\r\nnew\r\n");
}

TEST_F(Index, AWriteUnderALeaseHindersItsFillHoweverItEnds) {
  const struct {
    const char* text;
    const char* reply;
  } writes[] = {{"delete k\r\n", "DELETED\r\n"},
                {"set k 0 0 1\r\nx\r\n", "STORED\r\n"},
                {"set k 0 0 1\r\nx\r\n", "NOT_STORED\r\n"},
                {"set k 0 0 1 noreply\r\nx\r\n", ""},
                {"incr k 1\r\n", "7\r\n"},
                {"flush_all\r\n", "OK\r\n"}};
  for (const auto& write : writes) {
    for (const bool is_over : {false, true}) {
      fill_for_following({"k"});
      const bmc_lease before = lease("k");
      ASSERT_EQ(before.result, 0);
      Connection connection;
      connection.received(write.text, kCommands);
      EXPECT_NE(lease("k").result, 0) << write.text;
      if (is_over) {
        connection.sent(write.reply);
        connection.received("get k\r\n", kCommands);
      }
      host_state()->stopped = 0;
      EXPECT_EQ(fill(before, "k", {.data = "stale"}), -ESTALE) << write.text << is_over;
      EXPECT_EQ(cached_text("k").find("stale"), std::string::npos);
    }
  }
}

// The write began alone and could not be published.
TEST_F(Index, AValueThatWasNotPublishedHindersFillsAsWell) {
  const bmc_lease before = lease("k");
  Connection connection, other;
  connection.received("set k 0 0 1\r\nx\r\n", kCommands);
  host_state()->global_opens++;
  connection.sent("STORED\r\n");
  host_state()->global_opens--;
  EXPECT_EQ(cached_text("k"), "");
  EXPECT_EQ(fill(before, "k", {.data = "stale"}), -ESTALE);
  EXPECT_EQ(fill(lease("k"), "k", {.data = "new"}), 0);
}

TEST_F(Index, EmptyingAndStoppingHinderFills) {
  bmc_lease before = lease("k");
  host_state()->epoch++;
  EXPECT_EQ(fill(before, "k", {.data = "stale"}), -ESTALE);
  before = lease("k");
  host_state()->stopped = BMC_STOP_DEAD;
  EXPECT_EQ(fill(before, "k", {.data = "stale"}), -ESTALE);
  EXPECT_EQ(lease("k").result, -EAGAIN);
  host_state()->stopped = 0;
  before = lease("k");
  host_state()->global_opens++;
  EXPECT_EQ(fill(before, "k", {.data = "stale"}), -ESTALE);
  EXPECT_EQ(lease("k").result, -EBUSY);
  host_state()->global_opens--;
}

// Another write may be open on the bucket when a lease is taken: by another key.
TEST_F(Index, AWriteThatIsOpenHindersLeasesOfItsBucket) {
  Connection first, second;
  first.received("delete k\r\n", kCommands);
  second.received("delete k\r\n", kCommands);
  first.sent("DELETED\r\n");
  EXPECT_EQ(lease("k").result, -EBUSY);
  second.sent("NOT_FOUND\r\n");
  EXPECT_EQ(lease("k").result, 0);
}

TEST_F(Index, WritesBeyondWhatAConnectionKeepsAreHeldTogether) {
  for (const int writes : {63, 64, 65, 66, 200}) {
    fill_for_following({"k"});
    std::string batch;
    for (int i = 0; i < writes; i++) batch += "delete other" + std::to_string(i) + "\r\n";
    Connection connection;
    connection.received(batch, kCommands);
    EXPECT_EQ(host_state()->global_opens, writes > 64 ? 1u : 0u) << writes;
    for (int i = 0; i < writes; i++) EXPECT_NE(lease("other" + std::to_string(i)).result, 0);
    EXPECT_NE(cached_text("k"), "") << writes;  // held, not emptied
    std::string replies;
    for (int i = 0; i < writes; i++) replies += "DELETED\r\n";
    connection.sent(replies);
    EXPECT_EQ(what_remains(), "") << writes;
  }
}

TEST_F(Index, ACounterOfOpenWritesThatIsFullIsADoubt) {
  auto* bucket = const_cast<bmc_bucket*>(host_bucket(bucket_of("k")));
  {
    Connection connection;
    bucket->opens = 0xfffe;
    connection.received("delete k\r\n", kCommands);
    EXPECT_EQ(host_state()->doubt, 0u);
    EXPECT_EQ(bucket->opens, 0xffff);
    connection.received("delete k\r\n", kCommands);
  }
  bucket->opens = 0xffff;
  Connection connection;
  connection.received("delete k\r\n", kCommands);
  EXPECT_EQ(host_state()->doubt, BMC_DOUBT_SATURATED);
  EXPECT_EQ(bucket->opens, 0xffff);
  bucket->opens = 1;
}

// What is cached is right, no two entries share a block, and what no entry has is free.
TEST_F(Index, MemoryThatIsAlwaysFullLosesNothing) {
  std::mt19937 random(11);
  std::map<std::string, reference::Item> items;
  Connection connection;
  int refused = 0, cached = 0;
  for (int i = 0; i < 6000; i++) {
    const std::string key = "key" + std::to_string(random() % 300);
    const std::size_t bytes = random() % (i < 3000 ? 1400 : 120);
    const reference::Item item{.flags = i % 7u,
                               .data = std::string(bytes, static_cast<char>('a' + i % 26))};
    if (random() % 3 == 0) {
      connection.received("set " + key + " " + std::to_string(item.flags) + " 0 " +
                              std::to_string(bytes) + "\r\n" + item.data + "\r\n",
                          kCommands);
      connection.sent("STORED\r\n");
    } else if (random() % 5 == 0) {
      connection.received("delete " + key + "\r\n", kCommands);
      connection.sent("DELETED\r\n");
    } else {
      const int result = fill(lease(key), key, item);
      ASSERT_TRUE(result == 0 || result == -ENOMEM) << result;
      refused += result != 0;
      if (result) continue;  // what was there is older, and the same
    }
    items[key] = item;
    ASSERT_EQ(what_remains(), "") << i;
    const std::string text = cached_text(key);
    if (text.empty() || text.compare(6, key.size() + 1, key + " ") != 0) continue;
    cached++;
    ASSERT_EQ(text, reference::value_text(key, item)) << i;
  }
  EXPECT_LT(refused, 600);
  EXPECT_GT(cached, 3000);
  std::set<std::uint64_t> blocks;
  for (std::uint32_t i = 0; i < kBuckets; i++) {
    for (const std::uint64_t word : host_bucket(i)->slots) {
      const std::uint64_t place = word & ((1ull << BMC_SLOT_GEN_SHIFT) - 1);
      EXPECT_TRUE(!word || blocks.insert(place >> BMC_SLOT_OFFSET_SHIFT).second);
    }
  }
  EXPECT_GT(host_stats()->counts[BMC_COUNT_EVICTIONS], 500u);
}

}  // namespace
}  // namespace bmc::host
