// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/key_space.h"

#include <gtest/gtest.h>

namespace bmc::bench {
namespace {

TEST(KeySpace, KeysAreALetterAndThePaddedNumber) {
  const auto keys = KeySpace::make(1'000'000, 16);
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->text(0), "k000000000000000");
  EXPECT_EQ(keys->text(42), "k000000000000042");
  EXPECT_EQ(keys->text(999'999), "k000000000999999");
}

TEST(KeySpace, EveryKeyLeadsBackToItsNumber) {
  const auto keys = KeySpace::make(12'345, 6);
  ASSERT_TRUE(keys);
  for (std::uint32_t number = 0; number < keys->count(); number++) {
    ASSERT_EQ(keys->number(keys->text(number)), number);
  }
}

TEST(KeySpace, OtherTextIsNoKey) {
  const auto keys = KeySpace::make(100, 5);
  ASSERT_TRUE(keys);
  for (const char* text :
       {"", "k", "k0100", "k9999", "x0001", "k00-1", "k00 1", "k001", "k00001"}) {
    EXPECT_EQ(keys->number(text), std::nullopt) << text;
  }
  EXPECT_EQ(keys->number(std::string_view("k00\0001", 5)), std::nullopt);
}

TEST(KeySpace, TheLargestNumberHasToFit) {
  EXPECT_TRUE(KeySpace::make(10, 2));
  EXPECT_FALSE(KeySpace::make(11, 2));
  EXPECT_TRUE(KeySpace::make(4'294'967'295, 11));
  EXPECT_FALSE(KeySpace::make(4'294'967'296, 20));
  EXPECT_FALSE(KeySpace::make(0, 16));
}

TEST(KeySpace, KeysAreNoLongerThanMemcachedTakes) {
  EXPECT_TRUE(KeySpace::make(1, 250));
  const auto refused = KeySpace::make(1, 251);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ExitCode::kUsage);
}

TEST(KeySpace, WritingTouchesTheKeyAlone) {
  const auto keys = KeySpace::make(1000, 8);
  ASSERT_TRUE(keys);
  std::string out(10, '#');
  EXPECT_EQ(keys->write(7, out.data() + 1), out.data() + 9);
  EXPECT_EQ(out, "#k0000007#");
}

}  // namespace
}  // namespace bmc::bench
