// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Each way in which a memcached can get something else than was sent is found, and nothing else is.
#include "journal/judge.h"

#include <gtest/gtest.h>

#include "model/author.h"

namespace bmc::stream {
namespace {

Request served(std::string bytes) {
  return {.kind = Kind::kGet, .bytes = std::move(bytes), .reply = "x", .is_servable = true};
}

Request passed(std::string bytes) {
  return {.kind = Kind::kSet, .bytes = std::move(bytes), .reply = "x", .is_servable = false};
}

/// One connection, and what memcached has read of it.
class JudgeTest : public testing::Test {
 protected:
  JudgeTest() {
    sent_.local_port = 4711;
    sent_.ending = Ending::kAllAnswered;
    for (const Request& request : requests_) sent_.requests.push_back(entry_of(request));
  }

  /// The bytes of these requests, one after the other.
  std::string bytes_of(const std::vector<std::size_t>& numbers) const {
    std::string bytes;
    for (const std::size_t number : numbers) bytes += requests_[number].bytes;
    return bytes;
  }

  Judgement judge_one(const std::string& bytes) const { return judge({sent_}, {bytes}); }

  void expect_fault(Fault fault, std::size_t request, const std::string& bytes) const {
    const Judgement judgement = judge_one(bytes);
    ASSERT_EQ(judgement.findings.size(), 1u);
    EXPECT_EQ(name_of(judgement.findings[0].fault), name_of(fault));
    EXPECT_EQ(judgement.findings[0].request, request);
    EXPECT_EQ(judgement.findings[0].local_port, 4711);
  }

  std::vector<Request> requests_ = {passed("mg bmc-stream-1.0.0\r\n"),
                                    served("get a\r\n"),
                                    passed("set a 0 0 5 noreply\r\nhello\r\n"),
                                    served("get a\r\n"),
                                    served("get b\r\n"),
                                    passed("set b 0 0 5\r\nthere\r\n"),
                                    served("mg b v\r\n"),
                                    passed("mn\r\n")};
  Sent sent_;
};

TEST_F(JudgeTest, AllThatWasSentIsRight) {
  const Judgement judgement = judge_one(bytes_of({0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_TRUE(judgement.findings.empty());
  EXPECT_EQ(judgement.absent, 0u);
  EXPECT_EQ(judgement.servable, 4u);
  EXPECT_EQ(judgement.requests, 8u);
}

TEST_F(JudgeTest, AnyGetThatIsServableMayBeAbsent) {
  for (unsigned absent = 0; absent < 16; absent++) {
    std::vector<std::size_t> read;
    for (const std::size_t number : {0, 1, 2, 3, 4, 5, 6, 7}) {
      constexpr std::size_t kBit[] = {9, 0, 9, 1, 2, 9, 3, 9};
      if (kBit[number] == 9 || !(absent >> kBit[number] & 1)) read.push_back(number);
    }
    const Judgement judgement = judge_one(bytes_of(read));
    EXPECT_TRUE(judgement.findings.empty()) << absent;
    EXPECT_EQ(judgement.absent, 8 - read.size());
  }
}

TEST_F(JudgeTest, ASetThatIsMissingIsReported) {
  expect_fault(Fault::kMissing, 2, bytes_of({0, 1, 3, 4, 5, 6, 7}));
  expect_fault(Fault::kMissing, 5, bytes_of({0, 1, 2, 3, 4, 6, 7}));
  expect_fault(Fault::kMissing, 7, bytes_of({0, 1, 2, 3, 4, 5, 6}));
}

TEST_F(JudgeTest, ARequestThatIsReadTwiceIsReported) {
  expect_fault(Fault::kTwice, 5, bytes_of({0, 1, 2, 2, 3, 4, 5, 6, 7}));
  expect_fault(Fault::kTwice, 7, bytes_of({0, 1, 2, 3, 4, 5, 5, 6, 7}));
  expect_fault(Fault::kTwice, 8, bytes_of({0, 1, 2, 3, 4, 5, 6, 7, 7}));
  expect_fault(Fault::kTwice, 5, bytes_of({0, 1, 2, 3, 4, 4, 5, 6, 7}));
}

TEST_F(JudgeTest, RequestsInAnotherOrderAreReported) {
  EXPECT_FALSE(judge_one(bytes_of({0, 1, 5, 3, 4, 2, 6, 7})).findings.empty());
  EXPECT_FALSE(judge_one(bytes_of({0, 1, 2, 4, 3, 5, 6, 7})).findings.empty());
}

TEST_F(JudgeTest, HalfAGetIsReported) {
  for (const std::size_t half : {1u, 3u, 6u}) {
    const std::string get = requests_[4].bytes;
    expect_fault(Fault::kDamaged, 5,
                 bytes_of({0, 1, 2, 3}) + get.substr(half) + bytes_of({5, 6, 7}));
    expect_fault(Fault::kDamaged, 5,
                 bytes_of({0, 1, 2, 3}) + get.substr(0, half) + bytes_of({5, 6, 7}));
  }
}

TEST_F(JudgeTest, EveryByteThatIsChangedIsReported) {
  const std::string right = bytes_of({0, 1, 2, 3, 4, 5, 6, 7});
  for (std::size_t at = 0; at < right.size(); at++) {
    std::string damaged = right;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    EXPECT_FALSE(judge_one(damaged).findings.empty()) << "byte " << at;
  }
}

TEST_F(JudgeTest, EveryByteThatIsMissingOrThereTwiceIsReported) {
  const std::string right = bytes_of({0, 1, 2, 3, 4, 5, 6, 7});
  for (std::size_t at = 0; at < right.size(); at++) {
    EXPECT_FALSE(judge_one(right.substr(0, at) + right.substr(at + 1)).findings.empty()) << at;
    EXPECT_FALSE(judge_one(right.substr(0, at + 1) + right.substr(at)).findings.empty()) << at;
  }
}

TEST_F(JudgeTest, EveryPlaceWhereTheRecordEndsTooSoonIsReported) {
  const std::string right = bytes_of({0, 1, 2, 3, 4, 5, 6, 7});
  for (std::size_t bytes = 0; bytes < right.size(); bytes++) {
    EXPECT_FALSE(judge_one(right.substr(0, bytes)).findings.empty()) << bytes;
  }
}

TEST_F(JudgeTest, OfAConnectionThatWasGivenUpTheEndMayBeMissing) {
  sent_.ending = Ending::kGivenUp;
  const std::string right = bytes_of({0, 1, 2, 3, 4, 5, 6, 7});
  for (std::size_t bytes = 0; bytes <= right.size(); bytes++) {
    EXPECT_TRUE(judge_one(right.substr(0, bytes)).findings.empty()) << bytes;
  }
  EXPECT_FALSE(judge_one(bytes_of({0, 1, 2, 2, 3})).findings.empty());
}

TEST_F(JudgeTest, WholeConnectionsAreMissed) {
  expect_fault(Fault::kNoStream, 0, "get a\r\n");
  EXPECT_EQ(judge({}, {bytes_of({0, 1})}).findings.at(0).fault, Fault::kStranger);
  EXPECT_TRUE(judge({}, {"mg key t f v c s\r\n", "", "mn\r\n"}).findings.empty());
  const std::string right = bytes_of({0, 1, 2, 3, 4, 5, 6, 7});
  EXPECT_EQ(judge({sent_}, {right, right}).findings.at(0).fault, Fault::kStranger);
}

/// Real requests, of which two in three servable ones are absent.
TEST(JudgeOfRealRequestsTest, FindsOneFaultInManyRequests) {
  Author author(7, 1, {.read_percent = 70});
  Sent sent{.stream = 1, .local_port = 1, .ending = Ending::kAllAnswered, .requests = {}};
  Random random(3);
  std::vector<std::string> read{author.hello(0).bytes};
  sent.requests.push_back(entry_of(author.hello(0)));
  std::uint64_t absent = 0;
  for (int i = 0; i < 5000; i++) {
    const Request request = i == 4999 ? Author::last() : author.next();
    sent.requests.push_back(entry_of(request));
    const bool is_absent = request.is_servable && random.below(3) > 0;
    absent += is_absent;
    if (!is_absent) read.push_back(request.bytes);
  }
  std::string bytes;
  for (const std::string& request : read) bytes += request;
  const Judgement right = judge({sent}, {bytes});
  EXPECT_TRUE(right.findings.empty());
  EXPECT_EQ(right.absent, absent);

  for (int i = 0; i < 200; i++) {
    std::string damaged = bytes;
    const std::size_t at = random.below(bytes.size());
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random.below(8)));
    EXPECT_FALSE(judge({sent}, {damaged}).findings.empty()) << at;
  }
}

}  // namespace
}  // namespace bmc::stream
