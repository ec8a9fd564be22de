// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/versions.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace bmc::bench {
namespace {

TEST(VersionTable, NothingIsKnownBeforeTheFirstWrite) {
  VersionTable versions(2, 100);
  EXPECT_EQ(versions.floor(0), 0u);
}

TEST(VersionTable, AWriteRaisesTheFloorOnlyWhenItIsOver) {
  VersionTable versions(2, 100);
  const auto first = versions.begin_write(1);
  EXPECT_EQ(first.version, 100u);
  EXPECT_EQ(first.since, 100u);
  EXPECT_EQ(versions.floor(1), 0u);
  versions.end_write(1);
  EXPECT_EQ(versions.floor(1), 100u);
  const auto second = versions.begin_write(1);
  EXPECT_EQ(versions.floor(1), 100u);
  versions.end_write(1);
  EXPECT_EQ(versions.floor(1), second.version);
  EXPECT_EQ(versions.floor(0), 0u);
}

TEST(VersionTable, OfOverlappingWritesAnyMayBeTheLast) {
  VersionTable versions(1, 100);
  versions.begin_write(0);  // 100 ------
  versions.end_write(0);
  versions.begin_write(0);                           // 101 --
  const auto overlapping = versions.begin_write(0);  // 102  ----
  EXPECT_EQ(overlapping.since, 101u);
  versions.end_write(0);
  versions.end_write(0);
  EXPECT_EQ(versions.floor(0), 101u);  // 102 may have been first
  const auto alone = versions.begin_write(0);
  EXPECT_EQ(alone.since, alone.version);
  versions.end_write(0);
  EXPECT_EQ(versions.floor(0), 103u);
}

TEST(VersionTable, AWriteThatIsNeverAnsweredKeepsItsGroupOpen) {
  VersionTable versions(1, 100);
  versions.begin_write(0);  // lost: it may still be executed at any time
  for (int i = 0; i < 10; i++) {
    EXPECT_EQ(versions.begin_write(0).since, 100u);
    versions.end_write(0);
  }
  EXPECT_EQ(versions.floor(0), 100u);
}

TEST(VersionTable, ASeenValueRaisesTheFloorAndNeverLowersIt) {
  VersionTable versions(1, 100);
  versions.saw(0, 50);
  EXPECT_EQ(versions.floor(0), 50u);
  versions.saw(0, 40);
  EXPECT_EQ(versions.floor(0), 50u);
}

TEST(VersionTable, ThreadsThatWriteOneKeyGetVersionsOfTheirOwn) {
  constexpr int kThreads = 4;
  constexpr int kWrites = 20'000;
  VersionTable versions(1, 0);
  std::vector<std::vector<std::uint64_t>> seen(kThreads);
  std::vector<std::thread> threads;
  for (auto& mine : seen) {
    threads.emplace_back([&versions, &mine] {
      for (int i = 0; i < kWrites; i++) {
        mine.push_back(versions.begin_write(0).version);
        versions.end_write(0);
        ASSERT_LE(versions.floor(0), kThreads * kWrites);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::vector<bool> taken(kThreads * kWrites);
  for (const auto& mine : seen) {
    for (const auto version : mine) {
      ASSERT_FALSE(taken.at(version));
      taken[version] = true;
    }
  }
  const auto last = versions.begin_write(0);
  EXPECT_EQ(last.since, last.version) << "all others are over";
}

}  // namespace
}  // namespace bmc::bench
