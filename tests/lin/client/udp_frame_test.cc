// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "client/udp_frame.h"

#include <gtest/gtest.h>

namespace bmc::lin {
namespace {

using namespace std::string_view_literals;

TEST(UdpReplyTest, TheDatagramsOfAMessageMayArriveInAnyOrder) {
  UdpReply reply(0x0102);
  reply.add("\1\2\0\1\0\3\0\0second "sv);
  reply.add("\1\2\0\1\0\3\0\0second "sv);
  reply.add("\1\3\0\0\0\2\0\0of another"sv);
  reply.add("\1"sv);
  EXPECT_EQ(reply.bytes(), "");
  reply.add("\1\2\0\0\0\3\0\0first "sv);
  reply.add("\1\2\0\0\0\3\0\0first "sv);
  EXPECT_EQ(reply.bytes(), "first second ");
  reply.add("\1\2\0\2\0\3\0\0third"sv);
  EXPECT_EQ(reply.bytes(), "first second third");
}

TEST(UdpReplyTest, MessagesFollowEachOther) {
  UdpReply reply(7);
  reply.add("\0\7\0\0\0\1\0\0one "sv);
  reply.add("\0\7\0\0\0\2\0\0two "sv);
  reply.add("\0\7\0\1\0\2\0\0three "sv);
  reply.add("\0\7\0\0\0\1\0\0four"sv);
  EXPECT_EQ(reply.bytes(), "one two three four");
}

}  // namespace
}  // namespace bmc::lin
