// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Meta gets: every set of served flags, in every order that matters, and the
// reply's first line at every length.
#include <algorithm>

#include "harness/serve_test.h"

namespace bmc::test {
namespace {

class MetaTest : public ServeTest {};

const std::string kFlags[] = {"v", "f", "k", "s", "q", "c", "Oopaque"};
constexpr int kFlagCount = std::size(kFlags);

/// "mg key" with the flags whose bits are set.
std::string mg_with(int bits) {
  std::string text = "mg key";
  for (int i = 0; i < kFlagCount; i++) {
    if (bits & 1 << i) text += " " + kFlags[i];
  }
  return text + "\r\n";
}

TEST_P(MetaTest, EverySetOfFlagsIsServedWhenTheCasIsKnown) {
  cache("key", Item{.flags = 4294967295u, .data = "a value", .cas = 18446744073709551615ull});
  for (int bits = 0; bits < 1 << kFlagCount; bits++) expect_answer(mg_with(bits));
}

TEST_P(MetaTest, OnlyTheCasPassesWhenItIsUnknown) {
  cache("key", Item{.flags = 0, .data = "a value"});
  for (int bits = 0; bits < 1 << kFlagCount; bits++) {
    if (bits & 1 << 5) {
      expect_pass(mg_with(bits), BMC_PASS_META_FLAG);
    } else {
      expect_answer(mg_with(bits));
    }
  }
}

TEST_P(MetaTest, FlagsAreRepeatedInTheirOrder) {
  cache("key", Item{.flags = 12, .data = "a value", .cas = 1});
  std::string order[] = {"O1", "c", "f", "k", "s", "v"};
  do {
    std::string text = "mg key";
    for (const auto& flag : order) text += " " + flag;
    expect_answer(text + "\r\n");
  } while (std::next_permutation(std::begin(order), std::end(order)));
}

TEST_P(MetaTest, EveryKeyLengthIsServed) {
  for (std::size_t bytes = 1; bytes <= BMC_KEY_MAX; bytes++) {
    const std::string key(bytes, 'k');
    cache(key, Item{.flags = 5, .data = std::string(bytes % 7, 'v'), .cas = bytes});
    expect_answer("mg " + key + " v\r\n");
    expect_answer("mg " + key + " k\r\n");
    expect_answer(request_v6("mg " + key + " s v f c k O123\r\n"));
  }
}

// The first line is summed by words: nothing of an older one may show behind it.
TEST_P(MetaTest, TheFirstLineHasTheRightSumAtEveryLength) {
  cache("key", Item{.flags = 1, .data = "odd", .cas = 77});
  const std::string longest(250, '\xff');
  cache(longest, Item{.flags = 4294967295u, .data = "x", .cas = 18446744073709551615ull});
  for (std::size_t opaque = 1; opaque < 32; opaque++) {
    expect_answer("mg " + longest + " k c f s O" + std::string(31, '\xfe') + " v\r\n");
    expect_answer("mg key O" + std::string(opaque, 'o') + "\r\n");
    expect_answer("mg " + longest + " k c f s O" + std::string(31, '\xfe') + "\r\n");
    expect_answer("mg key v O" + std::string(opaque, 'o') + "\r\n");
  }
}

TEST_P(MetaTest, SizesAndClientFlagsOfEveryWidthAreRepeated) {
  for (const std::uint32_t flags : {0u, 9u, 10u, 99u, 12345u, 1234567u, 12345678u, 123456789u, 4294967295u}) {
    for (const std::size_t bytes : {0, 1, 9, 10, 99, 100, 999, 1000, 1300}) {
      cache("key", Item{.flags = flags, .data = std::string(bytes, 'v')});
      expect_answer("mg key s f v\r\n");
      expect_answer("mg key f s\r\n");
    }
  }
}

TEST_P(MetaTest, CasOfEveryWidthIsRepeated) {
  std::uint64_t cas = 1;
  for (int digits = 1; digits < 20; digits++) {
    cache("key", Item{.data = "v", .cas = cas});
    expect_answer("mg key c\r\n");
    cas = cas * 10 + 1;
  }
}

TEST_P(MetaTest, ACasOfZeroIsNotKnown) {
  cache("key", Item{.data = "v", .cas = 0});
  expect_pass("mg key c\r\n", BMC_PASS_META_FLAG);
}

TEST_P(MetaTest, ValuesMayLookLikeProtocol) {
  for (const std::string value : {"", "\r\n", "END\r\n", "HD\r\n", "EN\r\n", "VA 2\r\nhi\r\n"}) {
    cache("key", value);
    expect_answer("mg key v\r\n");
  }
}

TEST_P(MetaTest, AnOpaqueMayBeAnyBytesButBlanksAndControls) {
  cache("key", "v");
  for (int c = 0x21; c <= 0xff; c++) {
    expect_answer(std::string("mg key O") + static_cast<char>(c) + "\r\n");
  }
}

TEST_P(MetaTest, TheReplyFillsADatagramButNotMore) {
  const std::size_t head = std::string("VA 1380\r\n").size();
  const std::size_t longest = BMC_REPLY_MAX - BMC_UDP_FRAME_SIZE - head - 2;
  cache("k", std::string(longest, 'v'));
  expect_answer("mg k v\r\n");
  expect_pass("mg k v f\r\n", BMC_PASS_REPLY_TOO_LONG);
  cache("k", std::string(longest + 1, 'v'));
  expect_pass("mg k v\r\n", BMC_PASS_REPLY_TOO_LONG);
  expect_answer("mg k s\r\n");
}

TEST_P(MetaTest, AMissPasses) {
  cache("key", "v");
  expect_pass("mg other v\r\n", BMC_PASS_MISS);
  expect_pass("mg other q\r\n", BMC_PASS_MISS);
}

TEST_P(MetaTest, FlagsThatOnlyMemcachedAnswersPass) {
  cache("key", Item{.data = "v", .cas = 1});
  for (int c = 0x21; c < 0x7f; c++) {
    if (std::string_view("vfksqc").contains(static_cast<char>(c))) continue;
    expect_pass(std::string("mg key ") + static_cast<char>(c) + "\r\n", BMC_PASS_META_FLAG);
  }
  for (const std::string flag : {"T30", "N30", "E5", "R10", "v1", "ff", "k1", "h", "l", "t", "b", "I"}) {
    expect_pass("mg key v " + flag + "\r\n", BMC_PASS_META_FLAG);
    expect_pass("mg key " + flag + " v\r\n", BMC_PASS_META_FLAG);
  }
}

TEST_P(MetaTest, AFlagThatIsGivenTwicePasses) {
  cache("key", Item{.data = "v", .cas = 1});
  for (const auto& flag : kFlags) {
    expect_pass("mg key " + flag + " " + flag + "\r\n", BMC_PASS_SYNTAX);
    if (flag != "q") expect_pass("mg key " + flag + " q " + flag + "\r\n", BMC_PASS_SYNTAX);
  }
}

TEST_P(MetaTest, AnOpaqueThatIsTooLongPasses) {
  cache("key", "v");
  expect_answer("mg key O" + std::string(31, 'o') + "\r\n");
  expect_pass("mg key O" + std::string(32, 'o') + "\r\n", BMC_PASS_META_FLAG);
  expect_pass("mg key O\r\n", BMC_PASS_META_FLAG);
}

BMC_AT_BOTH_HOOKS(MetaTest);

}  // namespace
}  // namespace bmc::test
