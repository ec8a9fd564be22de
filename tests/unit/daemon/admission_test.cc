// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "daemon/admission.h"

#include <gtest/gtest.h>

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
