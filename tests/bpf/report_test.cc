// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Keys that miss repeatedly are reported to the daemon, and how often. What was
// counted of a key outlives a test, so each takes keys of its own.
#include <algorithm>
#include <chrono>
#include <thread>

#include "harness/serve_test.h"

namespace bmc::test {
namespace {

using Keys = std::vector<std::string>;

class ReportTest : public ServeTest {
 protected:
  /// A key that no other test asked for.
  std::string fresh(const std::string& name) const {
    std::string key = testing::UnitTest::GetInstance()->current_test_info()->name();
    std::ranges::replace(key, '/', '-');
    return key + ":" + name;
  }
  void miss(const std::string& key) { expect_pass("get " + key + "\r\n", BMC_PASS_MISS); }

  /// Reported, and asked for in vain.
  void ask_in_vain(const std::string& key, std::uint32_t seconds = BMC_BACKOFF_MAX_S) {
    const bmc_lease lease = kernel_.lease(key);
    miss(key);
    EXPECT_EQ(kernel_.take_misses(), Keys{key});
    kernel_.back_off(lease, seconds);
  }
  bool is_reported(const std::string& key) {
    miss(key);
    return kernel_.take_misses() == Keys{key};
  }
  /// As long as a report keeps any key from being reported again (REPORT_AGAIN), and more.
  static void let_a_report_pass() { std::this_thread::sleep_for(std::chrono::milliseconds(30)); }
};

TEST_P(ReportTest, AKeyIsReportedOnceItMissedOftenEnough) {
  const std::string key = fresh("key");
  kernel_.state().report_after = 3;
  miss(key);
  miss(key);
  EXPECT_EQ(kernel_.take_misses(), Keys{});
  miss(key);
  EXPECT_EQ(kernel_.take_misses(), Keys{key});
  EXPECT_EQ(kernel_.stats().counts[BMC_COUNT_MISS_REPORTS], 1u);
}

TEST_P(ReportTest, AKeyIsNotReportedAgainAtOnce) {
  // Within 4 ms at least (REPORT_AGAIN): on a busy machine the misses may take longer.
  for (int attempt = 0; attempt < 200; attempt++) {
    const std::string key = fresh(std::to_string(attempt));
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 3; i++) miss(key);
    const auto took = std::chrono::steady_clock::now() - start;
    const Keys reported = kernel_.take_misses();
    if (took > std::chrono::milliseconds(3)) continue;
    EXPECT_EQ(reported, Keys{key});
    return;
  }
  FAIL() << "this machine is too busy";
}

TEST_P(ReportTest, AKeyIsReportedAgainAfterAWhile) {
  EXPECT_TRUE(is_reported(fresh("key")));
  let_a_report_pass();
  EXPECT_TRUE(is_reported(fresh("key")));
}

TEST_P(ReportTest, AKeyThatWasAskedForInVainIsNotReported) {
  ask_in_vain(fresh("key"));
  let_a_report_pass();
  EXPECT_FALSE(is_reported(fresh("key")));
  EXPECT_TRUE(is_reported(fresh("other")));
}

TEST_P(ReportTest, ItIsReportedOnceAWriteHasBegunInItsBucket) {
  const std::string key = fresh("key");
  ask_in_vain(key);
  bmc_bucket bucket = kernel_.bucket(kernel_.bucket_of(key));
  bucket.version++;
  kernel_.set_bucket(kernel_.bucket_of(key), bucket);
  EXPECT_TRUE(is_reported(key));
}

TEST_P(ReportTest, AWriteThatBeganBeforeTheAnswerCounts) {
  const std::string key = fresh("key");
  const bmc_lease lease = kernel_.lease(key);
  bmc_bucket bucket = kernel_.bucket(kernel_.bucket_of(key));
  bucket.version++;
  kernel_.set_bucket(kernel_.bucket_of(key), bucket);
  kernel_.back_off(lease, BMC_BACKOFF_MAX_S);
  EXPECT_TRUE(is_reported(key));
}

TEST_P(ReportTest, ItIsReportedOnceTheCacheIsEmptied) {
  ask_in_vain(fresh("key"));
  kernel_.flush();
  EXPECT_TRUE(is_reported(fresh("key")));
}

TEST_P(ReportTest, ItIsReportedAfterThatTime) {
  ask_in_vain(fresh("key"), 1);
  let_a_report_pass();
  EXPECT_FALSE(is_reported(fresh("key")));
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_TRUE(is_reported(fresh("key")));
}

/// A set of the table remembers four keys; a fifth takes the place of the one whose time is first.
TEST_P(ReportTest, FourKeysOfOneSetAreRemembered) {
  constexpr std::uint64_t kSets = 16384;
  Keys keys{fresh("0")};
  const auto set_of = [&](const std::string& key) { return kernel_.hash(key) % kSets; };
  for (int i = 1; keys.size() < 5; i++) {
    if (set_of(fresh(std::to_string(i))) == set_of(keys[0])) keys.push_back(fresh(std::to_string(i)));
  }
  for (std::uint32_t i = 0; i < 4; i++) ask_in_vain(keys[i], 40 + i);
  let_a_report_pass();
  for (int i = 0; i < 4; i++) EXPECT_FALSE(is_reported(keys[i])) << i;
  EXPECT_TRUE(is_reported(keys[4]));
  for (int i = 1; i < 4; i++) EXPECT_FALSE(is_reported(keys[i])) << i;
  EXPECT_TRUE(is_reported(keys[0]));
}

TEST_P(ReportTest, KeysOfEveryLengthArriveWhole) {
  for (std::size_t bytes = 60; bytes <= BMC_KEY_MAX; bytes++) {
    std::string key = fresh("");
    for (int i = 0; key.size() < bytes; i++) key += static_cast<char>(i % 2 ? 0x80 | (i & 0x7f) : '0' + i % 10);
    miss(key);
    EXPECT_EQ(kernel_.take_misses(), Keys{key});
  }
}

TEST_P(ReportTest, EveryMissingKeyOfAMultiGetIsReported) {
  cache(fresh("here"), "v");
  const Keys absent{fresh("a"), fresh("b"), fresh("c")};
  expect_pass("get " + absent[0] + " " + fresh("here") + " " + absent[1] + " " + absent[2] + "\r\n",
              BMC_PASS_MISS);
  EXPECT_EQ(kernel_.take_misses(), absent);
}

TEST_P(ReportTest, AMissedMetaGetIsReported) {
  expect_pass("mg " + fresh("key") + " v\r\n", BMC_PASS_MISS);
  EXPECT_EQ(kernel_.take_misses(), Keys{fresh("key")});
}

TEST_P(ReportTest, OnlyMissesAreReported) {
  cache(fresh("here"), "v");
  cache(fresh("expired"), Item{.data = "v"}, 1);
  expect_answer("get " + fresh("here") + "\r\n");
  expect_pass("get " + fresh("expired") + "\r\n", BMC_PASS_EXPIRED);
  expect_pass("get " + fresh("key") + "\n", BMC_PASS_SYNTAX);
  expect_pass("gets " + fresh("key") + "\r\n", BMC_PASS_NOT_GET);
  EXPECT_EQ(kernel_.take_misses(), Keys{});
}

TEST_P(ReportTest, ReportsThatFindNoRoomAreCounted) {
  const auto count = [&](bmc_counter counter) { return kernel_.stats().counts[counter]; };
  std::uint64_t asked = 0;
  while (count(BMC_COUNT_MISS_REPORTS_LOST) == 0 && asked < 20000) miss(fresh(std::to_string(asked++)));
  EXPECT_EQ(count(BMC_COUNT_MISS_REPORTS_LOST), 1u);
  EXPECT_EQ(count(BMC_COUNT_MISS_REPORTS), asked - 1);
  EXPECT_EQ(kernel_.take_misses().size(), asked - 1);
}

BMC_AT_BOTH_HOOKS(ReportTest);

}  // namespace
}  // namespace bmc::test
