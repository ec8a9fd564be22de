// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Leases and fills (I4), seen from the programs that the daemon runs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "harness/kernel.h"

namespace bmc::test {
namespace {

class CacheTest : public testing::Test {
 protected:
  CacheTest() : kernel_(shared()) { kernel_.reset(); }

  static Kernel& shared() {
    static Kernel kernel({.serving = false});
    return kernel;
  }

  std::uint64_t count(bmc_counter counter) { return kernel_.stats().counts[counter]; }

  /// What a write does to the bucket of @key (coherence.md 1).
  void begin_write(const std::string& key) {
    change_bucket(key, [](bmc_bucket& bucket) { bucket.version++, bucket.opens++; });
  }
  void end_write(const std::string& key) {
    change_bucket(key, [](bmc_bucket& bucket) { bucket.version++, bucket.opens--; });
  }

  template <typename Change>
  void change_bucket(const std::string& key, Change change) {
    bmc_bucket bucket = kernel_.bucket(kernel_.bucket_of(key));
    change(bucket);
    kernel_.set_bucket(kernel_.bucket_of(key), bucket);
  }

  /// The fill is refused, nothing is linked, and its block is given back.
  void expect_refused(const bmc_lease& lease, const std::string& key, int error = -ESTALE) {
    const auto used = kernel_.classes()[0].used_blocks;
    const auto fills = count(BMC_COUNT_FILLS);
    const auto stale = count(BMC_COUNT_FILLS_STALE);
    EXPECT_EQ(kernel_.fill(lease, key, Item{.data = "v"}), error);
    EXPECT_EQ(kernel_.slot_of(key), 0u);
    EXPECT_EQ(kernel_.classes()[0].used_blocks, used);
    EXPECT_EQ(count(BMC_COUNT_FILLS), fills);
    EXPECT_EQ(count(BMC_COUNT_FILLS_STALE), stale + (error == -ESTALE ? 1 : 0));
  }

  Kernel& kernel_;
};

TEST_F(CacheTest, AFillUnderItsLeaseIsLinked) {
  kernel_.state().clock_floor_s = 1234;
  const bmc_lease lease = kernel_.lease("key");
  EXPECT_EQ(lease.result, 0);
  EXPECT_EQ(lease.epoch, kernel_.state().epoch);
  EXPECT_EQ(lease.clock_floor_s, 1234u);
  EXPECT_EQ(kernel_.fill(lease, "key", Item{.flags = 5, .data = "value", .cas = 1ull << 40 | 7}, 99), 0);
  const std::uint64_t word = kernel_.slot_of("key");
  ASSERT_NE(word, 0u);
  const bmc_block& block = kernel_.block_of(word);
  const std::string text = "VALUE key 5 5\r\nvalue\r\n";
  EXPECT_EQ(block.bucket, kernel_.bucket_of("key"));
  EXPECT_EQ(block.epoch, lease.epoch);
  EXPECT_EQ(block.expiry, 99u);
  EXPECT_EQ(block.cas_low, 7u);
  EXPECT_EQ(block.cas_high, 1u << 8);
  EXPECT_EQ(block.key_bytes, 3);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(&block + 1), block.text_bytes), text);
  EXPECT_EQ(count(BMC_COUNT_LEASES), 1u);
  EXPECT_EQ(count(BMC_COUNT_FILLS), 1u);
  EXPECT_EQ(kernel_.classes()[0].used_blocks, 1u);
}

TEST_F(CacheTest, AFillAfterAWriteBeganIsRefused) {
  const bmc_lease lease = kernel_.lease("key");
  begin_write("key");
  expect_refused(lease, "key");
  end_write("key");
  expect_refused(lease, "key");
  EXPECT_EQ(kernel_.fill(kernel_.lease("key"), "key", Item{.data = "v"}), 0);
}

TEST_F(CacheTest, NoLeaseIsTakenWhileAWriteIsOpen) {
  begin_write("key");
  begin_write("key");
  EXPECT_EQ(kernel_.lease("key").result, -EBUSY);
  end_write("key");
  EXPECT_EQ(kernel_.lease("key").result, -EBUSY);
  end_write("key");
  EXPECT_EQ(kernel_.lease("key").result, 0);
  EXPECT_EQ(count(BMC_COUNT_LEASES_REFUSED), 2u);
  EXPECT_EQ(count(BMC_COUNT_LEASES), 1u);
}

TEST_F(CacheTest, NoLeaseIsTakenWhileAWriteOfAnyKeyIsOpen) {
  kernel_.state().global_opens = 1;
  EXPECT_EQ(kernel_.lease("key").result, -EBUSY);
  kernel_.state().global_opens = 0;
  EXPECT_EQ(kernel_.lease("key").result, 0);
}

TEST_F(CacheTest, AFillWhileAWriteOfAnyKeyIsOpenIsRefused) {
  const bmc_lease lease = kernel_.lease("key");
  kernel_.state().global_opens = 1;
  expect_refused(lease, "key");
}

TEST_F(CacheTest, AFillOfAnOlderEpochIsRefused) {
  const bmc_lease lease = kernel_.lease("key");
  kernel_.flush();
  expect_refused(lease, "key");
}

TEST_F(CacheTest, NothingIsLeasedOrFilledWhileStopped) {
  const bmc_lease lease = kernel_.lease("key");
  for (const auto stop : {BMC_STOP_UNARMED, BMC_STOP_DEAD, BMC_STOP_DOUBT, BMC_STOP_FLUSH}) {
    kernel_.state().stopped = stop;
    EXPECT_EQ(kernel_.lease("key").result, -EAGAIN);
    expect_refused(lease, "key");
  }
  kernel_.state().stopped = 0;
  EXPECT_EQ(kernel_.fill(lease, "key", Item{.data = "v"}), 0);
}

TEST_F(CacheTest, OneLeaseIsGoodForOneFill) {
  const bmc_lease lease = kernel_.lease("key");
  EXPECT_EQ(kernel_.fill(lease, "key", Item{.data = "first"}), 0);
  const std::uint64_t word = kernel_.slot_of("key");
  EXPECT_EQ(kernel_.fill(lease, "key", Item{.data = "second"}), -ESTALE);
  EXPECT_EQ(kernel_.slot_of("key"), word);
}

TEST_F(CacheTest, AFlushMovesTheEpochAndLeavesNothingOpen) {
  const std::uint32_t epoch = kernel_.state().epoch;
  kernel_.flush();
  EXPECT_NE(kernel_.state().epoch, epoch);
  EXPECT_EQ(kernel_.state().global_opens, 0u);
  EXPECT_EQ(kernel_.lease("key").result, 0);
}

TEST_F(CacheTest, FillsThatMakeNoSenseAreRefused) {
  const std::string text(BMC_TEXT_MAX + 8, 'x');
  const auto fill_of = [&](std::uint16_t text_bytes, std::uint8_t key_bytes) {
    bmc_fill fill{};
    fill.lease = kernel_.lease("key");
    fill.block.text_bytes = text_bytes;
    fill.block.key_bytes = key_bytes;
    fill.text = reinterpret_cast<std::uint64_t>(text.data());
    return fill;
  };
  EXPECT_EQ(kernel_.fill_raw(fill_of(BMC_TEXT_MAX, 3)), 0);
  EXPECT_EQ(kernel_.fill_raw(fill_of(BMC_TEXT_MAX + 1, 3)), -EINVAL);
  EXPECT_EQ(kernel_.fill_raw(fill_of(0xffff, 3)), -EINVAL);
  EXPECT_EQ(kernel_.fill_raw(fill_of(0, 3)), -EINVAL);
  EXPECT_EQ(kernel_.fill_raw(fill_of(100, 0)), -EINVAL);
  EXPECT_EQ(kernel_.fill_raw(fill_of(100, 251)), -EINVAL);
  bmc_fill nowhere = fill_of(100, 3);
  nowhere.text = 8;
  EXPECT_EQ(kernel_.fill_raw(nowhere), -EINVAL);
  std::uint64_t used = 0;
  for (const auto& info : kernel_.classes()) used += info.used_blocks;
  EXPECT_EQ(used, 1u);
}

TEST_F(CacheTest, AFillReplacesTheOldValueAndFreesItsBlock) {
  kernel_.put("key", Item{.data = "old"});
  const std::uint64_t old = kernel_.slot_of("key");
  kernel_.put("key", Item{.data = "new"});
  EXPECT_NE(kernel_.slot_of("key"), old);
  EXPECT_EQ(kernel_.classes()[0].used_blocks, 1u);
}

// I3's reader without a lock relies on it: a word that was seen once does not
// come back when its block does.
TEST_F(CacheTest, AReusedBlockGetsAnotherWord) {
  std::vector<std::uint64_t> words;
  for (int i = 0; i < 200; i++) {
    kernel_.put("key", Item{.data = "v"});
    words.push_back(kernel_.slot_of("key"));
  }
  std::ranges::sort(words);
  EXPECT_EQ(std::ranges::adjacent_find(words), words.end());
}

}  // namespace
}  // namespace bmc::test
