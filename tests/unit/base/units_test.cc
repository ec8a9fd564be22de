// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "base/units.h"

#include <gtest/gtest.h>

namespace bmc {
namespace {

using namespace std::chrono_literals;

TEST(ParseBytes, TakesBinarySuffixes) {
  EXPECT_EQ(parse_bytes("4096"), 4096u);
  EXPECT_EQ(parse_bytes("64K"), 65536u);
  EXPECT_EQ(parse_bytes("256MiB"), 268435456u);
  EXPECT_EQ(parse_bytes("1.5G"), 1610612736u);
}

TEST(ParseBytes, RefusesWhatIsNoSize) {
  for (const char* text : {"", "M", "-1M", "12X", "1 M", "1e30G", "0x10"}) {
    const auto bytes = parse_bytes(text);
    ASSERT_FALSE(bytes) << text;
    EXPECT_EQ(bytes.error().code, ExitCode::kUsage) << text;
  }
}

TEST(ParseDuration, NeedsAUnit) {
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("2m"), 2min);
  EXPECT_FALSE(parse_duration("10"));
  EXPECT_FALSE(parse_duration("s"));
}

TEST(ParseDuration, RefusesWhatIsNotFinite) {
  for (const char* text : {"nans", "infs", "-1s"}) EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(FormatBytes, KeepsOneDigit) {
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(1536), "1.5 KiB");
  EXPECT_EQ(format_bytes(268435456), "256.0 MiB");
}

TEST(FormatCount, ShortensFromTenThousandOn) {
  EXPECT_EQ(format_count(9999), "9999");
  EXPECT_EQ(format_count(10000), "10.0 k");
  EXPECT_EQ(format_count(1234567), "1.23 M");
}

}  // namespace
}  // namespace bmc
