// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "daemon/fill_queue.h"

#include <gtest/gtest.h>

namespace bmc {
namespace {

TEST(FillQueue, TakesAKeyOnceUntilItIsDone) {
  FillQueue queue;
  queue.offer("a", 1, 100);
  queue.offer("a", 1, 200);
  auto taken = queue.take(10);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].key, "a");
  queue.offer("a", 1, 300);  // in flight
  EXPECT_TRUE(queue.is_empty());
  queue.release(1, 400);
  queue.offer("a", 1, 399);
  EXPECT_TRUE(queue.is_empty());
  queue.offer("a", 1, 400);
  EXPECT_FALSE(queue.is_empty());
}

TEST(FillQueue, GivesTheOldestFirst) {
  FillQueue queue;
  for (std::uint64_t i = 0; i < 5; i++)
    queue.offer(std::string(1, static_cast<char>('a' + i)), i + 1, 0);
  EXPECT_EQ(queue.take(2).back().key, "b");
  EXPECT_EQ(queue.take(9).size(), 3u);
}

TEST(FillQueue, IsBounded) {
  FillQueue queue;
  std::uint64_t offered = 0;
  while (!queue.is_full() && offered < 1000000) queue.offer("k", ++offered, 0);
  EXPECT_TRUE(queue.is_full());
  EXPECT_LT(offered, 100000u);
  queue.offer("one more", 1000001, 0);
  EXPECT_EQ(queue.take(1000000).size(), offered);
}

TEST(FillQueue, AKeyLostInFlightComesBackAfterAWhile) {
  FillQueue queue;
  queue.offer("a", 1, 0);
  (void)queue.take(1);
  queue.offer("a", 1, 10'000'000'000);
  EXPECT_FALSE(queue.is_empty());
}

}  // namespace
}  // namespace bmc
