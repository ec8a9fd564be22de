// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "net/netlink.h"

#include <gtest/gtest.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "net/interface.h"

namespace bmc {
namespace {

/// Attributes one behind the other, each padded to four bytes.
class Attributes {
 public:
  Attributes& add(unsigned short type, std::string_view payload) {
    rtattr head{};
    head.rta_len = static_cast<unsigned short>(RTA_LENGTH(payload.size()));
    head.rta_type = type;
    const std::size_t at = bytes_.size();
    bytes_.resize(at + RTA_SPACE(payload.size()));
    std::memcpy(bytes_.data() + at, &head, sizeof(head));
    std::memcpy(bytes_.data() + at + sizeof(head), payload.data(), payload.size());
    return *this;
  }
  std::vector<std::byte>& bytes() { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

TEST(NetlinkAttributes, AreFoundByType) {
  Attributes list;
  list.add(3, std::string_view("eth0\0", 5))
      .add(7, "abc")
      .add(9, std::string_view("\x01\0\0\0", 4));
  EXPECT_EQ(attribute_text(find_attribute(list.bytes(), 3)), "eth0");
  EXPECT_EQ(attribute_text(find_attribute(list.bytes(), 7)), "abc");
  EXPECT_EQ(attribute_u32(find_attribute(list.bytes(), 9)), 1u);
}

TEST(NetlinkAttributes, ThatAreAbsentAreEmpty) {
  Attributes list;
  list.add(3, "x");
  EXPECT_TRUE(find_attribute(list.bytes(), 4).empty());
  EXPECT_EQ(attribute_text(find_attribute({}, 3)), "");
  EXPECT_EQ(attribute_u32({}), 0u);
}

TEST(NetlinkAttributes, CutShortAreNotRead) {
  Attributes list;
  list.add(3, "eth0");
  for (std::size_t n = 0; n < sizeof(rtattr) + 4; n++) {
    EXPECT_TRUE(find_attribute(std::span(list.bytes()).first(n), 3).empty()) << n;
  }
}

TEST(Interfaces, IncludeLoopback) {
  const auto loopback = find_interface("lo");
  ASSERT_TRUE(loopback);
  EXPECT_TRUE(loopback->is_loopback);
  EXPECT_FALSE(loopback->is_nic());
  const auto absent = find_interface("no such one");
  ASSERT_FALSE(absent);
  EXPECT_NE(absent.error().hint.find("lo"), std::string::npos);
}

// Without a diagnosis module for the protocol the kernel answers with an empty list and an error.
TEST(Netlink, DumpThatEndsInAnErrorFails) {
  inet_diag_req_v2 request{};
  request.sdiag_family = AF_INET;
  request.sdiag_protocol = 253;  // for experiments (RFC 3692)
  const auto done = netlink_dump(
      SOCK_DIAG_BY_FAMILY, std::as_bytes(std::span(&request, 1)), [](const nlmsghdr&) {},
      NETLINK_SOCK_DIAG);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().err, ENOENT);
}

}  // namespace
}  // namespace bmc
