// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/tally.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace bmc::bench {
namespace {

TEST(Tally, WhatBelongsTogetherIsNeverSeenInPart) {
  Tally tally;
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    while (!stop) {
      const Tally::Together together(tally);
      tally.add(Counter::keys, 3);
      tally.add(Counter::hits, 2);
      tally.add(Counter::misses);
    }
  });
  while (tally.read()[Counter::keys] == 0) std::this_thread::yield();
  unsigned unequal = 0;
  for (int i = 0; i < 200'000; i++) {
    const Counts counts = tally.read();
    unequal += counts[Counter::keys] != counts[Counter::hits] + counts[Counter::misses];
  }
  stop = true;
  writer.join();
  EXPECT_EQ(unequal, 0u);
}

}  // namespace
}  // namespace bmc::bench
