// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "net/address.h"

#include <gtest/gtest.h>

namespace bmc {
namespace {

TEST(Address, BothFamiliesHaveOneForm) {
  const auto ipv4 = Address::parse("192.0.2.1");
  ASSERT_TRUE(ipv4);
  EXPECT_TRUE(ipv4->is_ipv4());
  EXPECT_EQ(ipv4->text(), "192.0.2.1");
  EXPECT_EQ(*ipv4, *Address::parse("::ffff:192.0.2.1"));
  EXPECT_EQ(Address::parse("2001:db8::1")->text(), "2001:db8::1");
  EXPECT_FALSE(Address::parse("example.org"));
}

TEST(Address, KnowsAnyAndLoopback) {
  EXPECT_TRUE(Address::parse("0.0.0.0")->is_any());
  EXPECT_TRUE(Address::parse("::")->is_any());
  EXPECT_FALSE(Address::parse("::1")->is_any());
  EXPECT_TRUE(Address::parse("127.1.2.3")->is_loopback());
  EXPECT_TRUE(Address::parse("::1")->is_loopback());
  EXPECT_FALSE(Address::parse("::2")->is_loopback());
}

TEST(Client, CountsPrefixBitsFromTheIpv6Form) {
  EXPECT_EQ(parse_client("192.0.2.0/24")->prefix_bits, 120u);
  EXPECT_EQ(parse_client("192.0.2.7")->prefix_bits, 128u);
  EXPECT_EQ(parse_client("0.0.0.0/0")->prefix_bits, 96u);
  EXPECT_EQ(parse_client("2001:db8::/32")->prefix_bits, 32u);
}

TEST(Client, RefusesOtherPrefixes) {
  for (const char* text : {"192.0.2.0/33", "2001:db8::/129", "192.0.2.0/", "192.0.2.0/-1", "/24"}) {
    EXPECT_FALSE(parse_client(text)) << text;
  }
}

TEST(Clients, AreSeparatedByCommas) {
  EXPECT_EQ(parse_clients("192.0.2.0/24,2001:db8::1")->size(), 2u);
  EXPECT_EQ(parse_clients("")->size(), 0u);
  EXPECT_FALSE(parse_clients("192.0.2.0/24,,::1"));
}

}  // namespace
}  // namespace bmc
