// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The harness's own tests: its assertions fail when they should. Wrong
// expectations of every kind are put to a kernel that does the right thing.
#include <gtest/gtest-spi.h>

#include "harness/serve_test.h"

namespace bmc::test {
namespace {

class HarnessTest : public ServeTest {
 protected:
  HarnessTest() { cache("key", Item{.flags = 1, .data = "value", .cas = 5}); }

  /// What the assertions in @body have to say, taken from the test's result.
  template <typename Body>
  static std::string failures_of(Body body) {
    testing::TestPartResultArray results;
    {
      testing::ScopedFakeTestPartResultReporter reporter(
          testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results);
      body();
    }
    std::string failures;
    for (int i = 0; i < results.size(); i++) {
      if (results.GetTestPartResult(i).failed()) failures += results.GetTestPartResult(i).message();
    }
    return failures;
  }
};

TEST_P(HarnessTest, RightExpectationsHold) {
  EXPECT_EQ(failures_of([&] { expect_answer("get key\r\n"); }), "");
  EXPECT_EQ(failures_of([&] { expect_pass("get absent\r\n", BMC_PASS_MISS); }), "");
}

TEST_P(HarnessTest, AnAnswerIsNoPass) {
  const std::string failures = failures_of([&] { expect_pass("get key\r\n", BMC_PASS_MISS); });
  EXPECT_NE(failures.find("answered"), failures.npos);
  EXPECT_NE(failures.find("in:"), failures.npos) << "the bytes differ";
  EXPECT_NE(failures.find("hits=1"), failures.npos) << "so do the counts";
}

TEST_P(HarnessTest, APassIsNoAnswer) {
  items_["absent"] = Item{.data = "expected in vain"};
  EXPECT_NE(failures_of([&] { expect_answer("get absent\r\n"); }), "");
}

TEST_P(HarnessTest, AnotherReasonIsNoticed) {
  EXPECT_NE(failures_of([&] { expect_pass("get absent\r\n", BMC_PASS_SYNTAX); }), "");
  EXPECT_NE(failures_of([&] { expect_pass("get absent\r\n", BMC_PASS_NONE); }), "");
}

TEST_P(HarnessTest, AnotherReplyIsNoticed) {
  for (const Item& other : {Item{.flags = 1, .data = "valuf", .cas = 5}, Item{.flags = 2, .data = "value", .cas = 5},
                            Item{.flags = 1, .data = "value", .cas = 6}, Item{.flags = 1, .data = "valu", .cas = 5}}) {
    items_["key"] = other;
    EXPECT_NE(failures_of([&] { expect_answer("mg key v f c\r\n"); }), "");
    EXPECT_NE(failures_of([&] { expect_pass_or_answer(reference::build(request("mg key v f c\r\n"))); }), "");
  }
}

TEST_P(HarnessTest, AnAnswerToWhatIsNotServedIsNoticed) {
  items_.clear();
  EXPECT_NE(failures_of([&] { expect_pass_or_answer(reference::build(request("get key\r\n"))); }), "");
}

BMC_AT_BOTH_HOOKS(HarnessTest);

}  // namespace
}  // namespace bmc::test
