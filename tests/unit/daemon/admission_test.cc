// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "daemon/admission.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/arming.h"
#include "memcached/connection.h"

namespace bmc {
namespace {

Socket bound_to(const char* address, bool is_ipv6 = false, std::uint16_t port = 11211) {
  Socket socket;
  socket.local = *Address::parse(address);
  socket.is_ipv6 = is_ipv6;
  socket.local_port = port;
  return socket;
}

std::vector<LocalAddress> host() {
  return {{*Address::parse("127.0.0.1"), 1},
          {*Address::parse("::1"), 1},
          {*Address::parse("192.0.2.1"), 2},
          {*Address::parse("2001:db8::1"), 2}};
}

std::vector<std::string> texts(const std::vector<Address>& addresses) {
  std::vector<std::string> texts;
  for (const Address& each : addresses) texts.push_back(each.text());
  return texts;
}

TEST(ServedAddresses, OfAWildcardAreAllOfItsFamily) {
  using List = std::vector<std::string>;
  EXPECT_EQ(texts(served_addresses({bound_to("0.0.0.0")}, host())),
            (List{"127.0.0.1", "192.0.2.1"}));
  EXPECT_EQ(texts(served_addresses({bound_to("::", true)}, host())), (List{"::1", "2001:db8::1"}));
}

TEST(ServedAddresses, OfAnAddressAreItAlone) {
  EXPECT_EQ(texts(served_addresses({bound_to("192.0.2.1"), bound_to("192.0.2.1")}, host())),
            std::vector<std::string>{"192.0.2.1"});
  EXPECT_TRUE(served_addresses({}, host()).empty());
}

bool holds(const bmc_client& network, const Address& address) {
  for (unsigned i = 0; i < network.prefix_bits; i++) {
    const int differs = network.address.bytes[i / 8] ^ address.raw.bytes[i / 8];
    if ((differs >> (7 - i % 8) & 1) != 0) return false;
  }
  return true;
}

bool admits(const char* clients, const char* address) {
  const auto networks = leave_out_mapped_ipv4(*parse_clients(clients));
  return std::any_of(networks.begin(), networks.end(), [&](const bmc_client& network) {
    return holds(network, *Address::parse(address));
  });
}

TEST(Clients, OfIpv6AreNotThoseOfIpv4) {
  for (const char* all : {"::/0", "::/1", "::/80", "::/64,2001:db8::/32"}) {
    EXPECT_FALSE(admits(all, "192.0.2.1")) << all;
    EXPECT_FALSE(admits(all, "255.255.255.255")) << all;
    EXPECT_TRUE(admits(all, "::1")) << all;
    EXPECT_TRUE(admits(all, "::fffe:ffff:ffff")) << all;
  }
  for (const char* address : {"2001:db8::1", "fe80::1", "::1:0:0:0", "ffff::"}) {
    EXPECT_TRUE(admits("::/0", address)) << address;
  }
}

TEST(Clients, OfIpv4AreNamedByTheirNetworks) {
  EXPECT_TRUE(admits("0.0.0.0/0", "192.0.2.1"));
  EXPECT_TRUE(admits("::/0,192.0.2.0/24", "192.0.2.1"));
  EXPECT_FALSE(admits("::/0,192.0.2.0/24", "198.51.100.1"));
}

TEST(Clients, OtherNetworksStayAsTheyAre) {
  const auto networks = leave_out_mapped_ipv4(*parse_clients("2001:db8::/32,10.0.0.0/8"));
  ASSERT_EQ(networks.size(), 2u);
  EXPECT_EQ(networks[0].prefix_bits, 32u);
  EXPECT_EQ(networks[1].prefix_bits, 104u);
}

TEST(LocalEndpoint, PrefersLoopback) {
  EXPECT_EQ(local_endpoint({bound_to("0.0.0.0")})->text(), "127.0.0.1:11211");
  EXPECT_EQ(local_endpoint({bound_to("::", true)})->text(), "[::1]:11211");
  EXPECT_EQ(local_endpoint({bound_to("192.0.2.1"), bound_to("127.0.0.1")})->text(),
            "127.0.0.1:11211");
  EXPECT_EQ(local_endpoint({bound_to("2001:db8::1", true)})->text(), "[2001:db8::1]:11211");
  EXPECT_FALSE(local_endpoint({}));
}

TEST(PortsOf, AreEachOnce) {
  EXPECT_EQ(ports_of({bound_to("0.0.0.0"), bound_to("::", true), bound_to("::", true, 11000)}),
            (std::vector<std::uint16_t>{11000, 11211}));
}

}  // namespace
}  // namespace bmc
