// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A wrong reply that goes unnoticed would make every other test worthless, so
// each kind of wrongness is shown to be seen, and nothing else to be blamed.
#include "bench/judge.h"

#include <gtest/gtest.h>

#include <ctime>

#include "base/clock.h"

namespace bmc::bench {
namespace {

using Verdict = Judge::Verdict;

class JudgeTest : public testing::Test {
 protected:
  JudgeTest() { judge_.record_between(0, ~0ull); }

  Request get(std::initializer_list<std::uint32_t> keys) {
    reads_.clear();
    for (const std::uint32_t key : keys) reads_.push_back({key, versions_.floor(key)});
    return {.kind = Request::Kind::kGet,
            .reads = static_cast<std::uint16_t>(reads_.size()),
            .intended_ns = monotonic_ns(),
            .sent_ns = monotonic_ns(),
            .read = reads_.data()};
  }

  /// As memcached would send the item.
  std::string item(const ValueStamp& stamp, std::size_t bytes = 40) {
    std::string data(bytes, '\0');
    write_value(stamp, data);
    return "VALUE " + keys_.text(stamp.key) + ' ' + std::to_string(value_flags(stamp.key)) + ' ' +
           std::to_string(bytes) + "\r\n" + data + "\r\n";
  }

  /// Judges all units of @text; the verdict on the last.
  Verdict answer(Request& request, std::string_view text) {
    judge_.received_at(monotonic_ns());
    Verdict verdict = Verdict::kMore;
    while (!text.empty()) {
      const Reply reply = parse_reply(text);
      verdict = judge_.judge(request, reply);
      text.remove_prefix(reply.size);
    }
    return verdict;
  }

  void expect_only(Fault fault) {
    const Counts counts = tally_.read();
    EXPECT_EQ(counts.wrong(), 1u);
    EXPECT_EQ(counts[fault], 1u);
    ASSERT_EQ(complaints_.texts().size(), 1u);
    EXPECT_TRUE(complaints_.texts()[0].starts_with(name_of(fault))) << complaints_.texts()[0];
  }

  KeySpace keys_ = *KeySpace::make(1000, 8);
  VersionTable versions_{1000, 1'000'000};
  Complaints complaints_;
  Tally tally_;
  Latencies latencies_;
  std::vector<Read> reads_;
  Judge judge_{keys_, versions_, complaints_, tally_, latencies_};
};

TEST_F(JudgeTest, ARightReplyIsAHit) {
  Request request = get({5});
  EXPECT_EQ(answer(request, item({5, 77, 77, 0})), Verdict::kMore);
  EXPECT_EQ(answer(request, "END\r\n"), Verdict::kDone);
  const Counts counts = tally_.read();
  EXPECT_EQ(counts[Counter::hits], 1u);
  EXPECT_EQ(counts[Counter::requests], 1u);
  EXPECT_EQ(counts.wrong(), 0u);
  EXPECT_EQ(latencies_.gets.count(), 1u);
  EXPECT_EQ(versions_.floor(5), 77u) << "what was seen cannot be unseen";
}

TEST_F(JudgeTest, AMissIsNeverWrong) {
  versions_.begin_write(5);
  versions_.end_write(5);
  Request request = get({5});
  EXPECT_EQ(answer(request, "END\r\n"), Verdict::kDone);
  EXPECT_EQ(tally_.read()[Counter::misses], 1u);
  EXPECT_EQ(tally_.read().wrong(), 0u);
}

TEST_F(JudgeTest, SomeOfManyKeysMayMiss) {
  Request request = get({1, 2, 3, 4});
  answer(request, item({2, 9, 9, 0}) + item({4, 9, 9, 0}) + "END\r\n");
  const Counts counts = tally_.read();
  EXPECT_EQ(counts[Counter::hits], 2u);
  EXPECT_EQ(counts[Counter::misses], 2u);
  EXPECT_EQ(counts[Counter::keys], 4u);
  EXPECT_EQ(counts.wrong(), 0u);
}

TEST_F(JudgeTest, AKeyAskedTwiceIsAnsweredTwice) {
  Request request = get({3, 3});
  answer(request, item({3, 9, 9, 0}) + item({3, 9, 9, 0}) + "END\r\n");
  EXPECT_EQ(tally_.read()[Counter::hits], 2u);
  EXPECT_EQ(tally_.read().wrong(), 0u);
}

TEST_F(JudgeTest, AnOlderValueThanTheAcknowledgedIsStale) {
  versions_.begin_write(5);
  versions_.end_write(5);
  versions_.begin_write(5);
  versions_.end_write(5);
  Request request = get({5});
  answer(request, item({5, 1'000'000, 1'000'000, 0}) + "END\r\n");
  expect_only(Fault::stale);
}

TEST_F(JudgeTest, AValueFromBeforeAnUnacknowledgedSetIsNotStale) {
  versions_.begin_write(5);
  versions_.end_write(5);
  versions_.begin_write(5);
  Request request = get({5});
  versions_.end_write(5);  // after the get was sent
  answer(request, item({5, 1'000'000, 1'000'000, 0}) + "END\r\n");
  EXPECT_EQ(tally_.read().wrong(), 0u);
}

TEST_F(JudgeTest, GoingBackBehindAValueSeenIsStale) {
  Request first = get({5});
  answer(first, item({5, 500, 500, 0}) + "END\r\n");
  Request second = get({5});
  answer(second, item({5, 499, 499, 0}) + "END\r\n");
  expect_only(Fault::stale);
}

TEST_F(JudgeTest, AnotherKeyThanAskedForIsWrong) {
  Request request = get({5});
  answer(request, item({6, 9, 9, 0}) + "END\r\n");
  expect_only(Fault::wrong_key);
  EXPECT_EQ(tally_.read()[Counter::hits], 0u);
}

TEST_F(JudgeTest, TheSameKeyOnceMoreThanAskedForIsWrong) {
  Request request = get({5});
  answer(request, item({5, 9, 9, 0}) + item({5, 9, 9, 0}) + "END\r\n");
  expect_only(Fault::wrong_key);
}

TEST_F(JudgeTest, TheValueOfAnotherKeyIsWrong) {
  std::string text = item({6, 9, 9, 0});
  text.replace(6, 8, keys_.text(16));  // same flags
  Request request = get({16});
  answer(request, text + "END\r\n");
  expect_only(Fault::wrong_key);
}

TEST_F(JudgeTest, WrongFlagsAreSeen) {
  std::string text = item({5, 9, 9, 0});
  text[15] = '6';
  Request request = get({5});
  answer(request, text + "END\r\n");
  expect_only(Fault::wrong_flags);
}

TEST_F(JudgeTest, DamagedFillerIsSeen) {
  std::string text = item({5, 9, 9, 0});
  text[text.size() - 3] ^= 1;
  Request request = get({5});
  answer(request, text + "END\r\n");
  expect_only(Fault::corrupted);
}

TEST_F(JudgeTest, AStrangersValueIsSeen) {
  Request request = get({5});
  answer(request, "VALUE k0000005 5 5\r\nhello\r\nEND\r\n");
  expect_only(Fault::foreign);
}

TEST_F(JudgeTest, AnExpiredValueIsSeenAndAFreshOneIsNot) {
  const auto now = static_cast<std::uint32_t>(std::time(nullptr));
  Request fresh = get({5});
  answer(fresh, item({5, 9, 9, now - 2}) + "END\r\n");  // within memcached's own slack
  EXPECT_EQ(tally_.read().wrong(), 0u);
  Request expired = get({5});
  answer(expired, item({5, 9, 9, now - 5}) + "END\r\n");
  expect_only(Fault::expired);
}

TEST_F(JudgeTest, MetaGetsEndWithTheirValue) {
  std::string data(40, '\0');
  write_value({5, 9, 9, 0}, data);
  Request hit = get({5});
  EXPECT_EQ(answer(hit, "VA 40 kk0000005 f5\r\n" + data + "\r\n"), Verdict::kDone);
  Request miss = get({5});
  EXPECT_EQ(answer(miss, "EN\r\n"), Verdict::kDone);
  EXPECT_EQ(tally_.read()[Counter::hits], 1u);
  EXPECT_EQ(tally_.read()[Counter::misses], 1u);
  EXPECT_EQ(tally_.read().wrong(), 0u);
}

TEST_F(JudgeTest, AStoredSetIsOverAndARefusedOneIsNot) {
  Request set = get({5});
  set.kind = Request::Kind::kSet;
  set.write = versions_.begin_write(5);
  EXPECT_EQ(answer(set, "SERVER_ERROR out of memory\r\n"), Verdict::kDone);
  EXPECT_EQ(versions_.floor(5), 0u);
  EXPECT_EQ(tally_.read()[Counter::errors], 1u);

  set.read[0].key = 6;
  set.write = versions_.begin_write(6);
  EXPECT_EQ(answer(set, "STORED\r\n"), Verdict::kDone);
  EXPECT_EQ(versions_.floor(6), set.write.version);
  EXPECT_EQ(tally_.read()[Counter::sets], 1u);
}

TEST_F(JudgeTest, AnAnswerToSomethingElseBreaksTheStream) {
  Request request = get({5});
  EXPECT_EQ(answer(request, "STORED\r\n"), Verdict::kBroken);
  expect_only(Fault::malformed);
}

TEST_F(JudgeTest, OnlyTheFirstComplaintsAreKept) {
  for (int i = 0; i < 100; i++) judge_.malformed("again");
  EXPECT_EQ(complaints_.texts().size(), Complaints::kKept);
  EXPECT_EQ(tally_.read()[Fault::malformed], 100u);
}

TEST_F(JudgeTest, LatencyCountsFromWhenTheRequestWasDue) {
  Request request = get({5});
  request.intended_ns = monotonic_ns() - 50'000'000;
  answer(request, "END\r\n");
  EXPECT_GE(latencies_.gets.max(), 50'000'000u);
}

TEST_F(JudgeTest, AnswersOutsideOfTheMeasurementAreNotTimed) {
  judge_.record_between(monotonic_ns() + 1'000'000'000, ~0ull);
  Request request = get({5});
  answer(request, "END\r\n");
  EXPECT_EQ(latencies_.gets.count(), 0u);
  EXPECT_EQ(tally_.read()[Counter::requests], 1u);
}

}  // namespace
}  // namespace bmc::bench
