// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Entries that are there and are not served: expired, of an old epoch, of
// another key in the same slot, or due to be seen by memcached.
#include <cstring>

#include "harness/serve_test.h"

namespace bmc::test {
namespace {

class EntryTest : public ServeTest {};

TEST_P(EntryTest, AnExpiredEntryPasses) {
  cache("past", Item{.data = "v"}, ticks_now() - 1);
  cache("now", Item{.data = "v"}, ticks_now());
  cache("future", Item{.data = "v"}, ticks_now() + 1000);
  cache("never", Item{.data = "v"}, 0);
  expect_pass("get past\r\n", BMC_PASS_EXPIRED);
  expect_pass("get now\r\n", BMC_PASS_EXPIRED);
  expect_answer("get future\r\n");
  expect_answer("get never\r\n");
  expect_pass("get never past\r\n", BMC_PASS_EXPIRED);
  expect_pass("mg past v\r\n", BMC_PASS_EXPIRED);
}

TEST_P(EntryTest, AnEntryExpiresAtItsTick) {
  const std::uint32_t expiry = ticks_now() + 4; // a quarter of a second
  cache("key", Item{.data = "v"}, expiry);
  bool answered = false;
  Outcome last = Outcome::kOther;
  while (ticks_now() <= expiry) {
    const std::uint32_t before = ticks_now();
    last = run_past_refresh(reference::build(request("get key\r\n"))).outcome;
    const std::uint32_t after = ticks_now();
    if (before >= expiry) {
      EXPECT_EQ(last, Outcome::kPassed);
    }
    if (after < expiry) {
      EXPECT_EQ(last, Outcome::kAnswered);
    }
    answered |= last == Outcome::kAnswered;
  }
  EXPECT_TRUE(answered);
  EXPECT_EQ(last, Outcome::kPassed);
}

TEST_P(EntryTest, AFlushEmptiesTheCache) {
  for (int i = 0; i < 20; i++) cache("k" + std::to_string(i), "v");
  kernel_.flush();
  for (int i = 0; i < 20; i++) expect_pass("get k" + std::to_string(i) + "\r\n", BMC_PASS_MISS);
  cache("k1", "new");
  expect_answer("get k1\r\n");
}

TEST_P(EntryTest, AnEntryOfAnotherEpochPasses) {
  cache("key", "v");
  kernel_.state().epoch++;
  expect_pass("get key\r\n", BMC_PASS_MISS);
  kernel_.state().epoch--;
  expect_answer("get key\r\n");
}

TEST_P(EntryTest, ASlotWithTheTagOfAnotherKeyIsAMiss) {
  // Another key's entry, linked under this key's tag in this key's bucket.
  cache("key", "v");
  std::uint32_t slot = 0;
  const std::uint64_t word = kernel_.slot_of("key", &slot);
  ASSERT_NE(word, 0u);
  const std::uint64_t tag_mask = ~0ull << BMC_SLOT_TAG_SHIFT;
  for (const std::string other : {"kex", "kez", "longer"}) {
    const std::uint64_t tag = kernel_.hash(other) & ((1 << BMC_SLOT_TAG_BITS) - 1);
    bmc_bucket bucket = kernel_.bucket(kernel_.bucket_of(other));
    bucket.slots[0] = (word & ~tag_mask) | (tag != 0 ? tag : 1) << BMC_SLOT_TAG_SHIFT;
    kernel_.set_bucket(kernel_.bucket_of(other), bucket);
    ASSERT_NE(kernel_.slot_of(other), 0u);
    expect_pass("get " + other + "\r\n", BMC_PASS_MISS);
    expect_pass("mg " + other + " v\r\n", BMC_PASS_MISS);
  }
}

TEST_P(EntryTest, OneHitInAWhileIsForMemcachedToSee) {
  cache("key", "v");
  std::uint32_t slot = 0;
  ASSERT_NE(kernel_.slot_of("key", &slot), 0u);
  const std::uint32_t index = kernel_.bucket_of("key");
  expect_answer("get key\r\n");
  for (const int older : {2, 4, 0x80}) {
    bmc_bucket bucket = kernel_.bucket(index);
    bucket.recency[slot] = static_cast<std::uint8_t>(bucket.recency[slot] - older);
    kernel_.set_bucket(index, bucket);
    expect_pass("get key\r\n", BMC_PASS_REFRESH);
    expect_answer("get key\r\n");
    expect_answer("get key\r\n");
  }
}

TEST_P(EntryTest, AHitMarksItsEntryUsed) {
  cache("key", "v");
  std::uint32_t slot = 0;
  ASSERT_NE(kernel_.slot_of("key", &slot), 0u);
  const std::uint32_t index = kernel_.bucket_of("key");
  bmc_bucket bucket = kernel_.bucket(index);
  ASSERT_EQ(bucket.recency[slot] & 1, 1);
  bucket.recency[slot] &= 0xfe;
  kernel_.set_bucket(index, bucket);
  expect_answer("get key\r\n"); // the mark alone is no reason to pass
  EXPECT_EQ(kernel_.bucket(index).recency[slot] & 1, 1);
}

TEST_P(EntryTest, ServingWritesNothingButTheMark) {
  cache("key", "v");
  const std::uint32_t index = kernel_.bucket_of("key");
  const bmc_bucket before = kernel_.bucket(index);
  const bmc_chunk chunk = kernel_.chunks()[0];
  for (int i = 0; i < 100; i++) expect_answer("get key\r\n");
  expect_pass("get absent\r\n", BMC_PASS_MISS);
  const bmc_bucket after = kernel_.bucket(index);
  EXPECT_EQ(after.version, before.version);
  EXPECT_EQ(after.opens, before.opens);
  EXPECT_TRUE(std::equal(std::begin(after.slots), std::end(after.slots), std::begin(before.slots)));
  EXPECT_EQ(std::memcmp(&chunk, &kernel_.chunks()[0], sizeof(chunk)), 0);
}

BMC_AT_BOTH_HOOKS(EntryTest);

}  // namespace
}  // namespace bmc::test
