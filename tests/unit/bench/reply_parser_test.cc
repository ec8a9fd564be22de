// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/reply_parser.h"

#include <gtest/gtest.h>

#include <string>

namespace bmc::bench {
namespace {

struct Case {
  std::string text;
  ReplyKind kind;
  std::string key = {};
  std::uint32_t flags = 0;
  std::string data = {};
};

const Case kReplies[] = {
    {"VALUE k1 7 3\r\nabc\r\n", ReplyKind::kValue, "k1", 7, "abc"},
    {"VALUE k1 0 0\r\n\r\n", ReplyKind::kValue, "k1", 0, ""},
    {"VALUE k1 0 5 99\r\nEND\r\n\r\n", ReplyKind::kValue, "k1", 0, "END\r\n"},
    {"VALUE k 4294967295 16\r\n\r\nVALUE a 0 1\r\nx\r\n", ReplyKind::kValue, "k", 4294967295,
     "\r\nVALUE a 0 1\r\nx"},
    {"VALUE k 0 15\r\n\r\nVALUE a 0 1\r\nx\r\n", ReplyKind::kMalformed},
    {"VA 2 kkey f5 s2\r\nhi\r\n", ReplyKind::kValue, "key", 5, "hi"},
    {"VA 2\r\nhi\r\n", ReplyKind::kValue, "", 0, "hi"},
    {"END\r\n", ReplyKind::kEnd},
    {"EN\r\n", ReplyKind::kMiss},
    {"EN kkey\r\n", ReplyKind::kMiss},
    {"STORED\r\n", ReplyKind::kStored},
    {"HD\r\n", ReplyKind::kStored},
    {"HD kkey\r\n", ReplyKind::kStored},
    {"NOT_STORED\r\n", ReplyKind::kRefused},
    {"NF\r\n", ReplyKind::kRefused},
    {"MN\r\n", ReplyKind::kNoop},
    {"ERROR\r\n", ReplyKind::kError},
    {"CLIENT_ERROR bad data chunk\r\n", ReplyKind::kError},
    {"SERVER_ERROR out of memory storing object\r\n", ReplyKind::kError},
    {"VALUE k1 0 3\r\nabcXY", ReplyKind::kMalformed},
    {"VALUE k1 0\r\n", ReplyKind::kMalformed},
    {"VALUE k1 x 3\r\n", ReplyKind::kMalformed},
    {"VALUE k1 0 -3\r\n", ReplyKind::kMalformed},
    {"VALUE  0 3\r\n", ReplyKind::kMalformed},
    {"VA x\r\n", ReplyKind::kMalformed},
    {"VA 2 fx\r\nhi\r\n", ReplyKind::kMalformed},
    {"STOREDX\r\n", ReplyKind::kMalformed},
    {"end\r\n", ReplyKind::kMalformed},
    {"END\n", ReplyKind::kMalformed},
    {"\r\n", ReplyKind::kMalformed},
    {"\n", ReplyKind::kMalformed},
};

TEST(ReplyParser, KnowsEveryReply) {
  for (const Case& c : kReplies) {
    const Reply reply = parse_reply(c.text);
    EXPECT_EQ(reply.kind, c.kind) << c.text;
    if (c.kind == ReplyKind::kMalformed) continue;
    EXPECT_EQ(reply.size, c.text.size()) << c.text;
    EXPECT_EQ(reply.key, c.key) << c.text;
    EXPECT_EQ(reply.flags, c.flags) << c.text;
    EXPECT_EQ(reply.data, c.data) << c.text;
  }
}

TEST(ReplyParser, CutAnywhereIsIncompleteAndTakesNothing) {
  for (const Case& c : kReplies) {
    if (c.kind == ReplyKind::kMalformed) continue;
    for (std::size_t bytes = 0; bytes < c.text.size(); bytes++) {
      const Reply reply = parse_reply(std::string_view(c.text).substr(0, bytes));
      EXPECT_EQ(reply.kind, ReplyKind::kIncomplete) << c.text << " cut at " << bytes;
      EXPECT_EQ(reply.size, 0u);
    }
  }
}

TEST(ReplyParser, WhatFollowsDoesNotMatter) {
  for (const Case& c : kReplies) {
    if (c.kind == ReplyKind::kMalformed) continue;
    for (const char* after : {"E", "END\r\n", "\r\n", "VALUE k 0 1\r\n"}) {
      const std::string text = c.text + after;
      const Reply reply = parse_reply(text);
      EXPECT_EQ(reply.kind, c.kind) << text;
      EXPECT_EQ(reply.size, c.text.size()) << text;
    }
  }
}

TEST(ReplyParser, ALineWithoutEndIsGivenUp) {
  EXPECT_EQ(parse_reply(std::string(2047, 'x')).kind, ReplyKind::kIncomplete);
  EXPECT_EQ(parse_reply(std::string(2048, 'x')).kind, ReplyKind::kMalformed);
}

}  // namespace
}  // namespace bmc::bench
