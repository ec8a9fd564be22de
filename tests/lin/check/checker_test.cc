// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The checker accuses every kind of wrong history and no right one. Histories
// are written by hand, in seconds.
#include "check/checker.h"

#include <gtest/gtest.h>

#include <sstream>

#include "history/clears.h"
#include "history/value.h"

namespace bmc::lin {
namespace {

constexpr std::uint32_t kKey = 3;
constexpr std::uint32_t kCounter = 100;
constexpr Nanoseconds kSecond = 1'000'000'000;

/// Times in seconds; answered < 0 means never.
struct Times {
  double invoked;
  double answered;
};

class HistoryBuilder {
 public:
  HistoryBuilder() { history.counters_from = kCounter; }

  Op& add(Times times, Effect effect, Outcome outcome = Outcome::kDone, WriteId id = 0) {
    Op op;
    op.invoked = static_cast<Nanoseconds>(times.invoked * kSecond);
    op.answered =
        times.answered < 0 ? kNever : static_cast<Nanoseconds>(times.answered * kSecond);
    op.key = kKey;
    op.effect = effect;
    op.outcome = outcome;
    op.id = id;
    history.ops.push_back(op);
    return history.ops.back();
  }

  Op& put(Times times, WriteId id, Outcome outcome = Outcome::kDone) {
    return add(times, Effect::kPut, outcome, id);
  }

  Op& read(Times times, std::vector<WriteId> parts) {
    Op& op = add(times, Effect::kRead);
    op.parts = static_cast<std::uint32_t>(history.parts.size());
    op.part_count = static_cast<std::uint32_t>(parts.size());
    history.parts.insert(history.parts.end(), parts.begin(), parts.end());
    return op;
  }

  /// A put's number, or what was counted from it.
  Op& on_counter(Op& op, WriteId put, std::uint64_t steps = 0) {
    op.key = kCounter;
    op.number = counter_base(put) + steps;
    return op;
  }

  /// "" if the history is right, else what is wrong with its first wrong read.
  std::string verdict() const {
    const auto violations = check(history);
    return violations.empty() ? "" : describe(violations.front().fault);
  }

  History history;
};

class CheckerTest : public testing::Test, protected HistoryBuilder {};

TEST_F(CheckerTest, ReadingTheLastValueIsRight) {
  put({1, 2}, 10);
  put({3, 4}, 11);
  read({5, 6}, {11});
  EXPECT_EQ(verdict(), "");
}

TEST_F(CheckerTest, ReadingAnOverwrittenValueIsStale) {
  put({1, 2}, 10);
  put({3, 4}, 11);
  read({5, 6}, {10});
  EXPECT_EQ(verdict(), "a stale value");
}

TEST_F(CheckerTest, ReadingEitherOfTwoConcurrentWritesIsRight) {
  put({1, 4}, 10);
  put({2, 3}, 11);
  read({5, 6}, {10});
  EXPECT_EQ(verdict(), "");
  history.ops.pop_back();
  read({5, 6}, {11});
  EXPECT_EQ(verdict(), "");
  read({5, 6}, {10});  // but one of them was the last
  EXPECT_EQ(verdict(), "a stale value");
}

TEST_F(CheckerTest, ReadingTheOldValueWhileTheNewIsInFlightIsRight) {
  put({1, 2}, 10);
  put({3, 7}, 11);
  read({4, 5}, {10});
  read({4, 5}, {11});
  EXPECT_EQ(verdict(), "");
}

TEST_F(CheckerTest, ReadingAfterADeleteIsStale) {
  put({1, 2}, 10);
  add({3, 4}, Effect::kRemove);
  read({5, 6}, {10});
  EXPECT_EQ(verdict(), "a stale value");
}

TEST_F(CheckerTest, ReadingAfterARefusedOverwriteIsRight) {
  put({1, 2}, 10);
  put({3, 4}, 11, Outcome::kRefused);
  read({5, 6}, {10});
  EXPECT_EQ(verdict(), "");
}

TEST_F(CheckerTest, ReadingAfterAFlushIsStale) {
  put({1, 2}, 10);
  add({3, 4}, Effect::kRemove).key = kAllKeys;
  read({5, 6}, {10});
  EXPECT_EQ(verdict(), "a stale value");
}

TEST_F(CheckerTest, AValueStoredDuringAFlushMayStay) {
  put({1, 3.5}, 10);
  add({3, 4}, Effect::kRemove).key = kAllKeys;
  read({5, 6}, {10});
  EXPECT_EQ(verdict(), "");
}

TEST_F(CheckerTest, ReadingAfterAMissOfTheSameValueIsStale) {
  put({1, 2}, 10);
  add({3, 4}, Effect::kMiss);
  read({5, 6}, {10});
  EXPECT_EQ(verdict(), "a stale value");
}

TEST_F(CheckerTest, AWriteThatWasNeverAnsweredMayTakeEffectLater) {
  put({1, -1}, 10, Outcome::kUnknown);
  put({3, 4}, 11);
  read({5, 6}, {10});
  EXPECT_EQ(verdict(), "");
}

TEST_F(CheckerTest, AnUnansweredOverwriteProvesNothing) {
  put({1, 2}, 10);
  put({3, -1}, 11, Outcome::kUnknown);
  read({5, 6}, {10});
  EXPECT_EQ(verdict(), "");
}

TEST_F(CheckerTest, ReadingAValueOfTheFutureIsWrong) {
  read({1, 2}, {10});
  put({3, 4}, 10);
  EXPECT_EQ(verdict(), "a value from the future");
}

TEST_F(CheckerTest, ReadingARefusedWriteIsWrong) {
  put({1, 2}, 10, Outcome::kRefused);
  read({5, 6}, {10});
  EXPECT_EQ(verdict(), "the value of a refused write");
}

TEST_F(CheckerTest, ReadingAValueOfAnotherKeyIsWrong) {
  put({1, 2}, 10).key = kKey + 1;
  read({5, 6}, {10});
  EXPECT_EQ(verdict(), "a value that nobody wrote to this key");
}

TEST_F(CheckerTest, ReadingGarbageIsWrong) {
  read({5, 6}, {}).garbled = true;
  EXPECT_EQ(verdict(), "bytes that nobody wrote");
}

TEST_F(CheckerTest, AnExtendedValueIsRight) {
  put({1, 2}, 10);
  add({3, 4}, Effect::kExtend, Outcome::kDone, 11);
  read({5, 6}, {10, 11});
  EXPECT_EQ(verdict(), "");
}

TEST_F(CheckerTest, AValueWithoutItsAcknowledgedAppendIsStale) {
  put({1, 2}, 10);
  add({3, 4}, Effect::kExtend, Outcome::kDone, 11);
  read({5, 6}, {10});
  EXPECT_EQ(verdict(), "a stale value");
}

TEST_F(CheckerTest, AValueWithTheSecondAppendButNotTheFirstIsWrong) {
  put({1, 2}, 10);
  add({3, 4}, Effect::kExtend, Outcome::kDone, 11);
  add({5, 6}, Effect::kExtend, Outcome::kDone, 12);
  read({5.5, 7}, {10, 12});
  EXPECT_EQ(verdict(), "a stale value");
}

TEST_F(CheckerTest, AnExpiredValueIsWrongOnceItIsCertain) {
  put({1, 2}, 10).ttl_s = 2;
  read({4, 4.1}, {10});
  read({6.9, 7}, {10});
  EXPECT_EQ(verdict(), "");
  read({7.1, 7.2}, {10});
  EXPECT_EQ(verdict(), "an expired value");
}

TEST_F(CheckerTest, ATouchGivesAValueALongerLife) {
  put({1, 2}, 10).ttl_s = 2;
  add({3, 3.1}, Effect::kTouch).ttl_s = 20;
  read({20, 21}, {10});
  EXPECT_EQ(verdict(), "");
}

TEST_F(CheckerTest, ATouchThatMayNotHaveHappenedMayGiveALongerLife) {
  put({1, 2}, 10).ttl_s = 2;
  add({3, -1}, Effect::kTouch, Outcome::kUnknown).ttl_s = 20;
  read({20, 21}, {10});
  EXPECT_EQ(verdict(), "");
}

TEST_F(CheckerTest, AnUnansweredTouchSaysNothingOfMuchLaterValues) {
  add({1, -1}, Effect::kTouch, Outcome::kUnknown).ttl_s = 20;
  put({30, 31}, 10).ttl_s = 2;
  read({40, 41}, {10});
  EXPECT_EQ(verdict(), "an expired value");
}

TEST_F(CheckerTest, ATouchIntoThePastEndsAValue) {
  put({1, 2}, 10);
  add({3, 4}, Effect::kTouch).ttl_s = -1;
  read({8, 9}, {10});
  EXPECT_EQ(verdict(), "an expired value");
}

TEST_F(CheckerTest, ATouchBeforeTheValueDoesNotConcernIt) {
  add({1, 2}, Effect::kTouch).ttl_s = -1;
  put({3, 4}, 10);
  read({20, 21}, {10});
  EXPECT_EQ(verdict(), "");
}

TEST_F(CheckerTest, TheLastOfTwoTouchesCounts) {
  put({1, 2}, 10);
  add({3, 4}, Effect::kTouch).ttl_s = 100;
  add({5, 6}, Effect::kTouch).ttl_s = 1;
  read({20, 21}, {10});
  EXPECT_EQ(verdict(), "an expired value");
}

TEST_F(CheckerTest, ACounterShowsItsLastNumber) {
  on_counter(put({1, 2}, 10), 10);
  on_counter(add({3, 4}, Effect::kCount, Outcome::kDone, 11), 10, 1);
  on_counter(add({5, 6}, Effect::kRead), 10, 1);
  EXPECT_EQ(verdict(), "");
  on_counter(add({7, 8}, Effect::kRead), 10);
  EXPECT_EQ(verdict(), "a stale value");
}

TEST_F(CheckerTest, TwoCountersOfOneStepCannotBothShowIt) {
  on_counter(put({1, 2}, 10), 10);
  on_counter(add({3, 6}, Effect::kCount, Outcome::kDone, 11), 10, 1);
  on_counter(add({4, 5}, Effect::kCount, Outcome::kDone, 12), 10, 1);
  EXPECT_EQ(verdict(), "two values that cannot come from each other");
}

TEST_F(CheckerTest, ACountThatSawAnOlderNumberThanACompletedOneIsStale) {
  on_counter(put({1, 2}, 10), 10);
  on_counter(add({3, 4}, Effect::kCount, Outcome::kDone, 11), 10, 5);
  on_counter(add({5, 6}, Effect::kCount, Outcome::kDone, 12), 10, 3);
  EXPECT_EQ(verdict(), "a stale value");
}

TEST_F(CheckerTest, ANumberNobodyWroteIsWrong) {
  on_counter(put({1, 2}, 10), 10);
  on_counter(add({7, 8}, Effect::kRead), 10, 7);
  EXPECT_EQ(verdict(), "a value that nobody wrote to this key");
}

TEST_F(CheckerTest, AQuietIncrementExplainsAnyNumberUntilItIsOverwritten) {
  on_counter(put({1, 2}, 10), 10);
  on_counter(add({3, 4}, Effect::kCount, Outcome::kUnknown, 12), 0);
  on_counter(add({5, 6}, Effect::kRead), 10, 3);
  EXPECT_EQ(verdict(), "");
  on_counter(put({7, 8}, 11), 11);
  on_counter(add({9, 10}, Effect::kRead), 10, 3);
  EXPECT_NE(verdict(), "");
}

TEST_F(CheckerTest, AValueThatComesBackIsStale) {
  put({1, 9}, 10);
  put({1, 9}, 11);
  read({2, 3}, {10});
  read({4, 5}, {11});
  EXPECT_EQ(verdict(), "");
  read({6, 7}, {10});
  EXPECT_EQ(verdict(), "a stale value");
}

TEST_F(CheckerTest, AnOldValueAfterANewOneIsStaleEvenWhileTheWriteIsInFlight) {
  put({1, 2}, 10);
  put({3, 9}, 11);
  read({4, 5}, {11});
  read({6, 7}, {10});
  EXPECT_EQ(verdict(), "a stale value");
}

TEST_F(CheckerTest, AnAppendBelongsToOneValueOnly) {
  put({1, 9}, 10);
  put({1, 9}, 11);
  add({1, 9}, Effect::kExtend, Outcome::kDone, 12);
  read({1, 9}, {10, 12});
  EXPECT_EQ(verdict(), "");
  read({1, 9}, {11, 12});
  EXPECT_EQ(verdict(), "two values that cannot come from each other");
}

TEST_F(CheckerTest, AViolationNamesTheFewOperationsThatContradictEachOther) {
  for (WriteId id = 20; id < 200; id++) put({id * 1.0, id + 0.5}, id);
  read({300, 301}, {100});
  const auto violations = check(history);
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_LE(violations.front().ops.size(), 3u);
}

TEST_F(CheckerTest, NothingOfAMemcachedThatWasKilledIsReadAgain) {
  put({1, 2}, 10);
  read({5, 6}, {10});
  EXPECT_EQ(verdict(), "");
  add({3, 4}, Effect::kRemove).key = kAllKeys;
  EXPECT_EQ(verdict(), "a stale value");
}

TEST_F(CheckerTest, ADelayedFlushStrikesInTime) {
  put({1, 2}, 10);
  Op& flush = add({3, 4}, Effect::kRemove);
  flush.key = kAllKeys;
  flush.ttl_s = 2;
  settle_delayed_flushes(history);
  read({8.9, 9}, {10});
  EXPECT_EQ(verdict(), "");
  read({9.1, 9.2}, {10});
  EXPECT_EQ(verdict(), "a stale value");
}

TEST_F(CheckerTest, ADelayedFlushMayBeCancelledByAnother) {
  put({1, 2}, 10);
  for (const int delay_s : {2, 100}) {
    Op& flush = add({3.0 + delay_s / 100.0, 4}, Effect::kRemove);
    flush.key = kAllKeys;
    flush.ttl_s = delay_s;
  }
  settle_delayed_flushes(history);
  read({20, 21}, {10});
  EXPECT_EQ(verdict(), "");
}

TEST_F(CheckerTest, EveryWrongReadOfALongHistoryIsFound) {
  for (WriteId id = 1; id <= 1000; id++) put({id * 1.0, id + 0.5}, id);
  for (WriteId id = 1; id < 1000; id++) read({id + 0.6, id + 0.7}, {id});
  EXPECT_EQ(verdict(), "");
  for (WriteId id = 2; id < 1000; id++) read({id + 0.6, id + 0.7}, {id - 1});
  EXPECT_GE(check(history).size(), 499u);  // each names two values
}

TEST(ValueTest, TokensAreTakenApartAgain) {
  const std::string value = compose_token(TokenKind::kPrepend, 5, 0) +
                            compose_token(TokenKind::kPut, 7, 300) +
                            compose_token(TokenKind::kAppend, 9, 33);
  EXPECT_EQ(parse_value(value), (std::vector<WriteId>{7, 5, 9}));
}

TEST(ValueTest, DamageIsSeen) {
  const std::string value = compose_token(TokenKind::kPut, 7, 100);
  for (std::size_t i = 0; i < value.size(); i++) {
    std::string damaged = value;
    damaged[i] ^= 1;
    EXPECT_NE(parse_value(damaged), std::vector<WriteId>{7}) << "byte " << i;
    EXPECT_TRUE(parse_value(value.substr(0, i)).empty()) << "cut at " << i;
  }
  EXPECT_TRUE(parse_value(value + value).empty());
}

TEST(ValueTest, PaddedNumbersAreNumbers) {
  std::uint64_t number = 0;
  EXPECT_TRUE(parse_number("99 ", number));
  EXPECT_EQ(number, 99u);
  EXPECT_FALSE(parse_number("", number));
  EXPECT_FALSE(parse_number("9x", number));
}

/// After the second put, memcached ends at 5 and is back at 6; a cas with a unique of the first
/// one's value, seen at @seen_at, is stored at 7.
std::string verdict_of_cas(HistoryBuilder& builder, double seen_at) {
  builder.put({1, 2}, 10);
  builder.put({3, 4}, 11);
  builder.put({6.1, 6.2}, 12);
  builder.read({7, 8}, {10}).unique_seen = static_cast<Nanoseconds>(seen_at * kSecond);
  std::istringstream ends("5000000000 6000000000\n");
  EXPECT_TRUE(add_clears(builder.history, ends, 0));
  return builder.verdict();
}

TEST_F(CheckerTest, AUniqueOfBeforeMemcachedEndedProvesNothing) {
  EXPECT_EQ(verdict_of_cas(*this, 2.5), "");
}

TEST_F(CheckerTest, AUniqueOfSinceThenDoes) {
  EXPECT_NE(verdict_of_cas(*this, 6.5), "");
}

}  // namespace
}  // namespace bmc::lin
