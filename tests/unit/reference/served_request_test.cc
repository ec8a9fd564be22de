// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "reference/served_request.h"

#include <gtest/gtest.h>

namespace bmc::reference {
namespace {

using Words = std::vector<std::string>;

TEST(ServedRequestTest, GetsAreRead) {
  EXPECT_EQ(parse_served("get a\r\n")->keys, Words{"a"});
  EXPECT_EQ(parse_served("get a bb a\r\n")->keys, (Words{"a", "bb", "a"}));
  for (const char* text : {"get\r\n", "get \r\n", "get  a\r\n", "get a \r\n", "get a\n", "get a", "gets a\r\n",
                           "GET a\r\n", "get a\r\n\r\n", "get a\tb\r\n", "get a\r\nget b\r\n", ""}) {
    EXPECT_FALSE(parse_served(text)) << text;
  }
}

TEST(ServedRequestTest, MetaGetsAreRead) {
  EXPECT_EQ(parse_served("mg a\r\n")->flags, Words{});
  EXPECT_EQ(parse_served("mg a v Oq1 k\r\n")->flags, (Words{"v", "Oq1", "k"}));
  for (const char* text : {"mg\r\n", "mg a v v\r\n", "mg a O\r\n", "mg a t\r\n", "mg a vk\r\n", "mg a v\n", "mg a  v\r\n"}) {
    EXPECT_FALSE(parse_served(text)) << text;
  }
}

TEST(ServedRequestTest, LimitsAreThoseOfTheProtocol) {
  EXPECT_TRUE(parse_served("get " + std::string(250, 'k') + "\r\n"));
  EXPECT_FALSE(parse_served("get " + std::string(251, 'k') + "\r\n"));
  EXPECT_TRUE(parse_served("mg k O" + std::string(31, 'o') + "\r\n"));
  EXPECT_FALSE(parse_served("mg k O" + std::string(32, 'o') + "\r\n"));
  std::string text = "get";
  for (int i = 0; i < 64; i++) text += " k";
  EXPECT_TRUE(parse_served(text + "\r\n"));
  EXPECT_FALSE(parse_served(text + " k\r\n"));
}

TEST(ServedRequestTest, RepliesAreMemcacheds) {
  const Items items{{"a", Item{.flags = 3, .data = "xyz", .cas = 9}}, {"b", Item{.flags = 0, .data = ""}}};
  const auto reply = [&](const char* text) { return reply_text(*parse_served(text), items); };
  EXPECT_EQ(reply("get a\r\n"), "VALUE a 3 3\r\nxyz\r\nEND\r\n");
  EXPECT_EQ(reply("get b a\r\n"), "VALUE b 0 0\r\n\r\nVALUE a 3 3\r\nxyz\r\nEND\r\n");
  EXPECT_EQ(reply("get a c\r\n"), std::nullopt);
  EXPECT_EQ(reply("mg a\r\n"), "HD\r\n");
  EXPECT_EQ(reply("mg a v\r\n"), "VA 3\r\nxyz\r\n");
  EXPECT_EQ(reply("mg a s v q f k Oo c\r\n"), "VA 3 s3 f3 ka Oo c9\r\nxyz\r\n");
  EXPECT_EQ(reply("mg b c\r\n"), std::nullopt);
}

TEST(ServedRequestTest, AReplyOfMoreThanADatagramIsMemcacheds) {
  const std::string head = "VALUE a 0 1372\r\n", end = "\r\nEND\r\n";
  const std::size_t longest = 1400 - 8 - head.size() - end.size();
  EXPECT_TRUE(reply_text(*parse_served("get a\r\n"), {{"a", Item{.data = std::string(longest, 'x')}}}));
  EXPECT_FALSE(reply_text(*parse_served("get a\r\n"), {{"a", Item{.data = std::string(longest + 1, 'x')}}}));
}

}  // namespace
}  // namespace bmc::reference
