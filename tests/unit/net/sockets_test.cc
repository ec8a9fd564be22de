// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "net/sockets.h"

#include <gtest/gtest.h>

#include "net/blocked_sockets.h"
#include "net/hook.h"

namespace bmc {
namespace {

constexpr std::string_view kHeading =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode\n";

TEST(SocketTable, ReadsAnIpv4Listener) {
  const auto sockets =
      parse_socket_table(std::string(kHeading) +
                             "   0: 0100007F:2BCB 00000000:0000 0A 00000000:00000003 00:00000000 "
                             "00000000 65534        0 12145 1 0000000000000000 100 0 0 10 0\n",
                         Transport::kTcp);
  ASSERT_EQ(sockets.size(), 1u);
  EXPECT_EQ(sockets[0].local.text(), "127.0.0.1");
  EXPECT_EQ(sockets[0].local_port, 11211);
  EXPECT_TRUE(sockets[0].is_listening);
  EXPECT_FALSE(sockets[0].is_ipv6);
  EXPECT_EQ(sockets[0].inode, 12145u);
}

TEST(SocketTable, ReadsTheSendQueueOfAConnection) {
  const auto sockets =
      parse_socket_table(std::string(kHeading) +
                             "   1: 0100007F:2BCB 0200007F:9C40 01 0000001A:00000000 01:00000014 "
                             "00000000     0        0 "
                             "77 1 0000000000000000 20 4 30 10 -1\n",
                         Transport::kTcp);
  ASSERT_EQ(sockets.size(), 1u);
  EXPECT_FALSE(sockets[0].is_listening);
  EXPECT_EQ(sockets[0].send_queue_bytes, 26u);
  EXPECT_EQ(sockets[0].remote.text(), "127.0.0.2");
  EXPECT_EQ(sockets[0].remote_port, 40000);
}

TEST(SocketTable, ReadsAnIpv6UdpSocket) {
  const auto sockets = parse_socket_table(
      std::string(kHeading) +
          " 5746: 00000000000000000000000001000000:566A 00000000000000000000000000000000:0000 07 "
          "00000000:00000000 00:00000000 00000000 65534        0 12146 2 000000000660a132 0\n",
      Transport::kUdp);
  ASSERT_EQ(sockets.size(), 1u);
  EXPECT_EQ(sockets[0].local.text(), "::1");
  EXPECT_TRUE(sockets[0].is_ipv6);
  EXPECT_TRUE(sockets[0].is_listening);
}

TEST(SocketTable, LeavesOutOtherLines) {
  EXPECT_TRUE(parse_socket_table(std::string(kHeading) + "\n 1: xyz\n", Transport::kTcp).empty());
  EXPECT_TRUE(parse_socket_table("", Transport::kTcp).empty());
}

TEST(SendBuffer, MayBeWrittenToWhileAThirdIsFree) {
  EXPECT_TRUE(is_writable(3000, 0));
  EXPECT_TRUE(is_writable(3000, 2000));
  EXPECT_FALSE(is_writable(3000, 2002));
  EXPECT_FALSE(is_writable(3000, 4000));
  EXPECT_TRUE(is_writable(0, 0));
}

Interface of_kind(std::string kind, bool has_mac = true) {
  Interface interface;
  interface.kind = std::move(kind);
  interface.has_mac = has_mac;
  return interface;
}

TEST(Hooks, AutoIsNativeXdpOnHardwareOnly) {
  using Hooks = std::vector<Hook>;
  const Hooks nic{Hook::kXdpNative, Hook::kTc}, tc{Hook::kTc};
  EXPECT_EQ(hooks_to_try(HookChoice::kAuto, of_kind(""), false), nic);
  EXPECT_EQ(hooks_to_try(HookChoice::kAuto, of_kind(""), true), tc);
  EXPECT_EQ(hooks_to_try(HookChoice::kAuto, of_kind("veth"), false), tc);
  EXPECT_EQ(hooks_to_try(HookChoice::kAuto, of_kind("bridge"), false), tc);
  Interface loopback = of_kind("");
  loopback.is_loopback = true;
  EXPECT_EQ(hooks_to_try(HookChoice::kAuto, loopback, false), tc);
  EXPECT_EQ(hooks_to_try(HookChoice::kTc, of_kind(""), false), tc);
  EXPECT_EQ(hooks_to_try(HookChoice::kXdp, of_kind("veth"), false),
            (Hooks{Hook::kXdpNative, Hook::kXdpGeneric}));
}

TEST(Hooks, XdpIsNotTriedWhereItCannotTellVlansApart) {
  Interface card = of_kind("");
  card.hides_tags = true;
  EXPECT_EQ(hooks_to_try(HookChoice::kAuto, card, false), std::vector<Hook>{Hook::kTc});
  EXPECT_TRUE(hooks_to_try(HookChoice::kXdp, card, false).empty());
  EXPECT_EQ(hooks_to_try(HookChoice::kTc, card, false), std::vector<Hook>{Hook::kTc});
}

TEST(Hooks, NamesAreRefusedIfUnknown) {
  EXPECT_EQ(parse_hook("tc"), HookChoice::kTc);
  EXPECT_FALSE(parse_hook("TC"));
}

}  // namespace
}  // namespace bmc
