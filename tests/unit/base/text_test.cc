// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "base/text.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace bmc {
namespace {

TEST(Cut, TakesUpToTheSeparatorAndThenTheRest) {
  std::string_view text = "a,bc";
  EXPECT_EQ(cut(text, ','), "a");
  EXPECT_EQ(cut(text, ','), "bc");
  EXPECT_TRUE(text.empty());
}

TEST(CutWord, SkipsBlanks) {
  std::string_view text = "  one\t two";
  EXPECT_EQ(cut_word(text), "one");
  EXPECT_EQ(cut_word(text), "two");
  EXPECT_EQ(cut_word(text), "");
}

TEST(ParseNumber, TakesTheWholeTextOrNothing) {
  EXPECT_EQ(parse_number<int>("-12"), -12);
  EXPECT_EQ(parse_number<std::uint32_t>("4294967295"), 4294967295u);
  for (const char* text : {"", " 1", "1 ", "+1", "0x1", "1.0", "4294967296", "-1"}) {
    EXPECT_FALSE(parse_number<std::uint32_t>(text)) << text;
  }
}

}  // namespace
}  // namespace bmc
