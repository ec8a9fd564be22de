// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "wire/weather.h"

#include <sstream>
#include <string_view>

#include <gtest/gtest.h>

namespace bmc::lin {
namespace {

Frame udp_frame(std::string_view payload) {
  Frame frame(14 + 20 + 8 + 8);
  frame[12] = std::byte{0x08};
  frame[14] = std::byte{0x45};
  frame[14 + 9] = std::byte{17};
  for (const char c : payload) frame.push_back(static_cast<std::byte>(c));
  return frame;
}

TEST(WeatherTest, WordsBecomeShares) {
  std::istringstream words("drop 0.5 delay_ms 3");
  Weather weather;
  ASSERT_TRUE(parse_weather(words, weather));
  EXPECT_EQ(weather.drop, 0.5);
  EXPECT_EQ(weather.delay_ms, 3);
  EXPECT_EQ(weather.damage, 0);
  std::istringstream unknown("rain 1");
  EXPECT_FALSE(parse_weather(unknown, weather));
}

TEST(WeatherTest, ARequestOverUdpIsNeverDoubled) {
  EXPECT_FALSE(may_be_duplicated(udp_frame("set k 0 0 1\r\nx\r\n"), true));
  EXPECT_TRUE(may_be_duplicated(udp_frame("STORED\r\n"), false));
  Frame tcp = udp_frame("set k 0 0 1\r\nx\r\n");
  tcp[14 + 9] = std::byte{6};
  EXPECT_TRUE(may_be_duplicated(tcp, true));
}

TEST(WeatherTest, TheSharesAreWhatWasAskedFor) {
  Sky sky(1);
  sky.set({.drop = 0.1, .duplicate = 0.2, .delay = 0.3, .damage = 0.05, .delay_ms = 2});
  for (int i = 0; i < 20000; i++) {
    Frame frame = udp_frame("get k\r\n");
    for (const auto lateness : sky.fate(frame, false)) EXPECT_LE(lateness.count(), 2001);
  }
  const WeatherCounts& counts = sky.counts();
  EXPECT_NEAR(static_cast<double>(counts.dropped), 2000, 200);
  EXPECT_NEAR(static_cast<double>(counts.duplicated), 3600, 300);
  EXPECT_NEAR(static_cast<double>(counts.damaged), 900, 150);
  EXPECT_GT(counts.delayed, 5000u);
}

TEST(WeatherTest, DamageTurnsOneBitBehindTheEthernetHeader) {
  Sky sky(2);
  sky.set({.damage = 1});
  for (int i = 0; i < 1000; i++) {
    const Frame sent = udp_frame("get k\r\n");
    Frame frame = sent;
    sky.fate(frame, true);
    int bits = 0;
    for (std::size_t at = 0; at < frame.size(); at++) {
      const auto turned = std::to_integer<unsigned>(frame[at] ^ sent[at]);
      EXPECT_TRUE(at >= 14 || turned == 0);
      bits += std::popcount(turned);
    }
    EXPECT_EQ(bits, 1);
  }
}

}  // namespace
}  // namespace bmc::lin
