// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/comparison.h"

#include <gtest/gtest.h>

#include "model/author.h"

namespace bmc::stream {
namespace {

Request answered(std::string reply) {
  return {.kind = Kind::kGet, .bytes = "get k\r\n", .reply = std::move(reply)};
}

class ComparisonTest : public testing::Test {
 protected:
  ComparisonTest() {
    for (const char* reply : {"VALUE k 0 2\r\nab\r\nEND\r\n", "", "STORED\r\n", "STORED\r\n"}) {
      comparison_.expect(answered(reply));
      all_ += reply;
    }
  }

  Comparison comparison_;
  std::string all_;
};

TEST_F(ComparisonTest, TheRightBytesAreRightHoweverTheyArrive) {
  for (std::size_t piece = 1; piece <= all_.size(); piece++) {
    Comparison comparison = comparison_;
    EXPECT_EQ(comparison.outstanding(), 3u);
    for (std::size_t at = 0; at < all_.size(); at += piece) {
      EXPECT_FALSE(comparison.receive(all_.substr(at, piece))) << piece;
    }
    EXPECT_EQ(comparison.outstanding(), 0u);
    EXPECT_EQ(comparison.received(), all_.size());
  }
}

TEST_F(ComparisonTest, EveryByteThatIsChangedIsFoundAtItsPlace) {
  for (std::size_t at = 0; at < all_.size(); at++) {
    std::string damaged = all_;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, all_.size()}) {
      Comparison comparison = comparison_;
      std::optional<WrongByte> wrong;
      for (std::size_t from = 0; from < all_.size() && !wrong; from += piece) {
        wrong = comparison.receive(damaged.substr(from, piece));
      }
      ASSERT_TRUE(wrong) << at;
      EXPECT_EQ(wrong->offset, at);
      EXPECT_EQ(wrong->request, at < 22 ? 0u : at < 30 ? 2u : 3u) << at;
    }
  }
}

TEST_F(ComparisonTest, AReplyThatComesTwiceIsFound) {
  EXPECT_TRUE(comparison_.receive(all_ + "STORED\r\n"));
}

TEST_F(ComparisonTest, AReplyThatNobodyAskedForIsFound) {
  EXPECT_FALSE(comparison_.receive(all_));
  const auto wrong = comparison_.receive("END\r\n");
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->asked, "(nothing)");
  EXPECT_EQ(wrong->got, "END\\r\\n");
  EXPECT_EQ(wrong->offset, all_.size());
}

TEST_F(ComparisonTest, AReplyThatIsMissingIsFoundInTheNextOne) {
  const auto wrong = comparison_.receive("STORED\r\n");
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->request, 0u);
  EXPECT_EQ(wrong->asked, "get k\\r\\n");
  EXPECT_EQ(wrong->expected, "VALUE k 0 2\\r\\nab\\r\\nEND\\r\\n");
}

TEST(ExcerptTest, IsPrintableAndShort) {
  EXPECT_EQ(excerpt(std::string("a\r\n\0\x7f", 5)), "a\\r\\n\\x00\\x7f");
  EXPECT_LT(excerpt(std::string(100'000, 'x')).size(), 120u);
}

TEST(AuthorTest, ASeedMakesTheSameRequests) {
  Author one(5, 2, {}), same(5, 2, {}), other(5, 3, {});
  bool differs = false;
  for (int i = 0; i < 1000; i++) {
    const Request request = one.next();
    EXPECT_EQ(request.bytes, same.next().bytes);
    differs |= request.bytes != other.next().bytes;
  }
  EXPECT_TRUE(differs);
}

TEST(AuthorTest, AllKindsAreMadeAndOnlyHitsAreServable) {
  Author author(1, 1, {.read_percent = 50});
  std::array<std::uint64_t, kKindNames.size()> made{};
  std::uint64_t servable = 0, longest = 0;
  for (int i = 0; i < 20'000; i++) {
    const Request request = author.next();
    made[static_cast<std::size_t>(request.kind)]++;
    servable += request.is_servable;
    longest = std::max(longest, request.bytes.size());
    if (!request.is_servable) continue;
    EXPECT_TRUE(request.bytes.starts_with("get ") || request.bytes.starts_with("mg "));
    EXPECT_TRUE(request.reply.starts_with("VALUE ") || request.reply.starts_with("VA ") ||
                request.reply.starts_with("HD"))
        << request.reply;
  }
  for (std::size_t i = 0; i < made.size(); i++) {
    EXPECT_EQ(made[i] > 0, i != static_cast<std::size_t>(Kind::kHello)) << kKindNames[i];
  }
  EXPECT_GT(servable, 5000u);
  EXPECT_GT(longest, 50'000u);
}

}  // namespace
}  // namespace bmc::stream
