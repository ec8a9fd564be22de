// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The judge of replies is itself judged: what it builds it can read, and no
// damage to a reply escapes it.
#include "reference/frame.h"

#include <gtest/gtest.h>

namespace bmc::reference {
namespace {

Datagram example(bool v6) {
  Datagram d;
  d.target_mac = {2, 0, 0, 0, 0, 2};
  d.text = "get key\r\n";
  if (v6) {
    d.source = address_of("2001:db8::1");
    d.target = address_of("2001:db8::2");
  }
  return d;
}

Datagram reply_to(const Datagram& request, std::string text) {
  Datagram reply = request;
  std::swap(reply.source, reply.target);
  std::swap(reply.source_mac, reply.target_mac);
  std::swap(reply.source_port, reply.target_port);
  reply.hops = 64;
  reply.text = std::move(text);
  return reply;
}

// Worked by hand from RFC 1071 and RFC 768.
TEST(FrameTest, ChecksumsAreThoseOfTheStandard) {
  Datagram d;
  d.source = address_of("10.0.0.1");
  d.target = address_of("10.0.0.2");
  d.source_port = 1;
  d.target_port = 2;
  d.frame = {0, 0, 1, 0};
  d.text = "ab";
  d.fragment = 0;
  d.hops = 64;
  const Bytes frame = build(d);
  // IP: 4500 + 0026 + 1234 + 0000 + 4011 + 0a00 + 0001 + 0a00 + 0002 = ab6e
  EXPECT_EQ(frame[24] << 8 | frame[25], 0xffff - 0xab6e);
  // UDP: 0a00 + 0001 + 0a00 + 0002 + 0011 + 0012 + 0001 + 0002 + 0012 + 0001 + 6162 = 759e
  EXPECT_EQ(frame[40] << 8 | frame[41], 0xffff - 0x759e);
}

TEST(FrameTest, WhatIsBuiltIsReadBack) {
  for (const bool v6 : {false, true}) {
    for (const std::uint16_t vlan : {0, 7}) {
      Datagram d = example(v6);
      if (vlan != 0) d.vlans = {vlan};
      d.padding = {1, 2, 3};
      const auto read = take_apart(build(d));
      ASSERT_TRUE(read);
      EXPECT_EQ(read->text, d.text);
      EXPECT_EQ(read->source, d.source);
      EXPECT_EQ(read->target, d.target);
      EXPECT_EQ(read->source_port, d.source_port);
      EXPECT_EQ(read->target_port, d.target_port);
      EXPECT_EQ(read->frame, d.frame);
      EXPECT_EQ(read->vlans, d.vlans);
      EXPECT_EQ(read->padding, d.padding);
      EXPECT_EQ(read->hops, d.hops);
    }
  }
}

TEST(FrameTest, ChecksumsAreJudged) {
  for (const bool v6 : {false, true}) {
    Datagram d = example(v6);
    d.checksum = Checksum::kWrong;
    EXPECT_FALSE(take_apart(build(d)));
    EXPECT_FALSE(take_apart_request(build(d)));
    d.checksum = Checksum::kPartial;
    EXPECT_FALSE(take_apart(build(d)));
    EXPECT_TRUE(take_apart_request(build(d)));
    d.checksum = Checksum::kNone;
    EXPECT_EQ(take_apart(build(d)).has_value(), !v6);
  }
}

TEST(FrameTest, MendedChecksumsAreRight) {
  for (const bool v6 : {false, true}) {
    const Datagram d = example(v6);
    Bytes frame = build(d);
    frame[text_offset(d)] ^= 1;
    EXPECT_FALSE(take_apart(frame));
    fix_checksums(frame, d);
    EXPECT_TRUE(take_apart(frame));
  }
}

TEST(FrameTest, ARightReplyIsRight) {
  for (const bool v6 : {false, true}) {
    const Datagram request = example(v6);
    EXPECT_EQ(why_not_reply(request, build(reply_to(request, "END\r\n")), "END\r\n"), "");
  }
}

TEST(FrameTest, NoDamageToAReplyEscapes) {
  for (const bool v6 : {false, true}) {
    const Datagram request = example(v6), reply = reply_to(request, "END\r\n");
    const Bytes right = build(reply);
    for (std::size_t at = 0; at < right.size(); at++) {
      for (int mask = 1; mask < 256; mask <<= 1) {
        Bytes damaged = right;
        damaged[at] = static_cast<std::uint8_t>(damaged[at] ^ mask);
        const bool is_flow_label = v6 && at >= 15 && at < 18 && !(at == 15 && mask >= 16);
        if (is_flow_label) continue;  // any will do
        EXPECT_NE(why_not_reply(request, damaged, "END\r\n"), "") << at;
      }
    }
    Bytes longer = right;
    longer.push_back(0);
    EXPECT_NE(why_not_reply(request, longer, "END\r\n"), "");
    Bytes shorter = right;
    shorter.pop_back();
    EXPECT_NE(why_not_reply(request, shorter, "END\r\n"), "");
  }
}

TEST(FrameTest, RepliesUnderRightChecksumsAreComparedFieldByField) {
  const Datagram request = example(false), right = reply_to(request, "END\r\n");
  const auto objection = [&](auto change) {
    Datagram wrong = right;
    change(wrong);
    return why_not_reply(request, build(wrong), "END\r\n");
  };
  EXPECT_NE(objection([](Datagram& d) { d.text = "END\r\r"; }), "");
  EXPECT_NE(objection([](Datagram& d) { d.frame[0]++; }), "");
  EXPECT_NE(objection([](Datagram& d) { d.source_port++; }), "");
  EXPECT_NE(objection([](Datagram& d) { d.target_port++; }), "");
  EXPECT_NE(objection([](Datagram& d) { d.source = address_of("192.0.2.3"); }), "");
  EXPECT_NE(objection([](Datagram& d) { d.target_mac[5]++; }), "");
  EXPECT_NE(objection([](Datagram& d) { d.vlans = {1}; }), "");
  EXPECT_NE(objection([](Datagram& d) { d.hops = 61; }), "");
  EXPECT_NE(objection([](Datagram& d) { d.checksum = Checksum::kNone; }), "");
}

}  // namespace
}  // namespace bmc::reference
