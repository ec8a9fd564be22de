// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/value.h"

#include <gtest/gtest.h>

#include <string>

namespace bmc::bench {
namespace {

constexpr ValueStamp kStamp{.key = 4711,
                            .version = 1'700'000'000'000'123,
                            .since = 1'700'000'000'000'100,
                            .expires_s = 1'800'000'000};

std::expected<ValueStamp, ValueFault> read(std::string_view value) {
  return read_value(value, kStamp.key);
}

std::string value_of(const ValueStamp& stamp, std::size_t bytes) {
  std::string value(bytes, '#');
  write_value(stamp, value);
  return value;
}

TEST(Value, StampsComeBackFromValuesOfAllLengths) {
  for (std::size_t bytes : {20, 21, 32, 113, 400, 1400, 16'403, 16'404, 16'405, 70'000, 1 << 20}) {
    const auto stamp = read(value_of(kStamp, bytes));
    ASSERT_TRUE(stamp) << bytes;
    EXPECT_EQ(*stamp, kStamp) << bytes;
  }
}

TEST(Value, AnyDamagedByteIsSeen) {
  const std::string value = value_of(kStamp, 300);
  for (std::size_t at = 0; at < value.size(); at++) {
    for (int bit = 0; bit < 8; bit++) {
      std::string damaged = value;
      damaged[at] = static_cast<char>(damaged[at] ^ 1 << bit);
      EXPECT_FALSE(read(damaged)) << "byte " << at << ", bit " << bit;
    }
  }
}

TEST(Value, ShortOnesNameTheVersionAndAreBoundToTheKey) {
  for (std::size_t bytes = kMinValueBytes; bytes < 20; bytes++) {
    const std::string value = value_of(kStamp, bytes);
    const auto stamp = read(value);
    ASSERT_TRUE(stamp) << bytes;
    EXPECT_EQ(stamp->version, kStamp.version);
    EXPECT_EQ(stamp->since, kStamp.since);
    EXPECT_EQ(stamp->expires_s, 0u);
    EXPECT_FALSE(read_value(value, kStamp.key + 1)) << bytes;
    for (std::size_t at = 0; at < bytes; at++) {
      std::string damaged = value;
      damaged[at] ^= 1;
      EXPECT_FALSE(read(damaged)) << "byte " << at << " of " << bytes;
    }
  }
}

TEST(Value, LongOnesTellWhoseTheyAre) {
  EXPECT_EQ(read_value(value_of(kStamp, 20), kStamp.key + 1)->key, kStamp.key);
}

TEST(Value, DamageBehindTheFirstStretchOfALongValueIsSeen) {
  std::string value = value_of(kStamp, 100'000);
  for (const std::size_t at : {16'403ul, 16'404ul, 50'000ul, 99'999ul}) {
    value[at] ^= 1;
    EXPECT_EQ(read(value).error(), ValueFault::kCorrupted) << at;
    value[at] ^= 1;
  }
}

TEST(Value, ShorterOrLongerIsAnotherValue) {
  const std::string value = value_of(kStamp, 200);
  for (std::size_t bytes = 0; bytes < value.size(); bytes++) {
    EXPECT_FALSE(read(value.substr(0, bytes))) << bytes;
  }
  EXPECT_FALSE(read(value + '\0'));
  EXPECT_EQ(read(value.substr(0, 9)).error(), ValueFault::kTooShort);
  EXPECT_EQ(read(value.substr(0, 199)).error(), ValueFault::kForeign);
}

TEST(Value, TwoVersionsDoNotMix) {
  ValueStamp next = kStamp;
  next.version++;
  const std::string old_value = value_of(kStamp, 500);
  const std::string new_value = value_of(next, 500);
  EXPECT_FALSE(read(old_value.substr(0, 250) + new_value.substr(250)));
  EXPECT_FALSE(read(new_value.substr(0, 20) + old_value.substr(20)));
}

TEST(Value, AnOverlapTooLongToTellIsUnknown) {
  ValueStamp stamp = kStamp;
  stamp.since = stamp.version - 1022;
  EXPECT_EQ(read(value_of(stamp, 20))->since, stamp.since);
  stamp.since = stamp.version - 5000;
  EXPECT_EQ(read(value_of(stamp, 20))->since, 0u);
}

}  // namespace
}  // namespace bmc::bench
