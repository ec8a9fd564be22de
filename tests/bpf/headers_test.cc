// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What stands in front of the request: Ethernet, VLAN, IP, UDP, checksums, and
// padding behind it.
#include <cstdlib>

#include "harness/serve_test.h"

namespace bmc::test {
namespace {

using reference::Checksum;
using reference::Datagram;

class HeadersTest : public ServeTest {
 protected:
  HeadersTest() { cache("key", "value"); }

  /// The request over both families.
  std::vector<Datagram> both() const { return {request("get key\r\n"), request_v6("get key\r\n")}; }
};

TEST_P(HeadersTest, AWrongChecksumPasses) {
  for (auto datagram : both()) {
    datagram.checksum = Checksum::kWrong;
    expect_pass(datagram, BMC_PASS_CHECKSUM);
  }
}

TEST_P(HeadersTest, ADatagramWithoutAChecksumPasses) {
  for (auto datagram : both()) {
    datagram.checksum = Checksum::kNone;
    expect_pass(datagram, BMC_PASS_CHECKSUM);
  }
}

TEST_P(HeadersTest, AChecksumThatComesOutAsZeroIsAllOnes) {
  // Some request id makes the sum of request or reply come out as 0xffff.
  for (auto datagram : both()) {
    for (int id = 0; id < 0x10000; id++) {
      datagram.frame[0] = static_cast<std::uint16_t>(id);
      const auto frame = reference::build(datagram);
      const auto check = reference::udp_offset(datagram) + 6;
      const Verdict verdict = run_past_refresh(frame);
      ASSERT_EQ(verdict.outcome, Outcome::kAnswered) << id;
      ASSERT_FALSE(verdict.out[check] == 0 && verdict.out[check + 1] == 0) << id;
      if (frame[check] == 0xff && frame[check + 1] == 0xff) expect_answer(datagram);
      if (verdict.out[check] == 0xff && verdict.out[check + 1] == 0xff) expect_answer(datagram);
    }
  }
}

// At TC the kernel knows which packets these are, and its tester makes none.
class XdpHeadersTest : public HeadersTest {};
TEST_P(XdpHeadersTest, APartialChecksumIsALocalSendersAndAnswered) {
  for (auto datagram : both()) {
    datagram.checksum = Checksum::kPartial;
    expect_answer(datagram);
  }
}

TEST_P(HeadersTest, FragmentsPass) {
  for (const int fragment : {0x2000, 0x2001, 0x0001, 0x1fff, 0x6000}) {
    auto datagram = request("get key\r\n");
    datagram.fragment = static_cast<std::uint16_t>(fragment);
    expect_pass(datagram, BMC_PASS_NOT_SERVED_PACKET);
  }
  auto datagram = request("get key\r\n");
  datagram.fragment = 0;
  expect_answer(datagram);
}

TEST_P(HeadersTest, IpOptionsPass) {
  for (std::size_t bytes = 4; bytes <= 40; bytes += 4) {
    auto datagram = request("get key\r\n");
    datagram.ip_options.assign(bytes, 1);
    expect_pass(datagram, BMC_PASS_NOT_SERVED_PACKET);
  }
}

TEST_P(HeadersTest, Ipv6ExtensionHeadersPass) {
  auto frame = reference::build(request_v6("get key\r\n"));
  const std::size_t ip = 14;
  for (const int next : {0, 43, 44, 60, 58, 6}) {
    frame[ip + 6] = static_cast<std::uint8_t>(next);
    expect_pass(frame, BMC_PASS_NONE);
  }
}

TEST_P(HeadersTest, MappedAddressesInIpv6Pass) {
  const Bytes frame = reference::build(request_v6("get key\r\n"));
  for (const std::size_t address : {std::size_t{14 + 8}, std::size_t{14 + 24}}) {
    auto shape = request_v6("get key\r\n");
    Bytes mapped = frame;
    const auto v4 = reference::address_of(address == 14 + 8 ? "192.0.2.1" : "192.0.2.2");
    std::copy(v4.begin(), v4.end(), mapped.begin() + static_cast<std::ptrdiff_t>(address));
    reference::fix_checksums(mapped, shape);
    expect_pass(mapped, BMC_PASS_NOT_SERVED_PACKET);
  }
}

TEST_P(HeadersTest, OtherProtocolsAndPortsAreNoneOfOurs) {
  for (auto datagram : both()) {
    datagram.target_port = 11212;
    expect_pass(datagram, BMC_PASS_NONE);
    datagram.target_port = 11211;
    auto frame = reference::build(datagram);
    frame[14 + (reference::is_v4(datagram.target) ? 9 : 6)] = 6; // TCP
    expect_pass(frame, BMC_PASS_NONE);
    frame = reference::build(datagram);
    frame[12] = 0x08;
    frame[13] = 0x06; // ARP
    expect_pass(frame, BMC_PASS_NONE);
  }
}

TEST_P(HeadersTest, LengthsThatContradictEachOtherPass) {
  for (const auto& datagram : both()) {
    const std::size_t udp = reference::udp_offset(datagram);
    const std::size_t total = reference::is_v4(datagram.target) ? 14 + 2 : 14 + 4;
    for (const std::size_t field : {udp + 4, total}) {
      for (const int change : {-1, 1, 8, 100}) {
        auto frame = reference::build(datagram);
        frame[field + 1] = static_cast<std::uint8_t>(frame[field + 1] + change);
        reference::fix_checksums(frame, datagram);
        expect_pass(frame, BMC_PASS_NOT_SERVED_PACKET);
      }
    }
  }
}

TEST_P(HeadersTest, ZerosBehindTheDatagramAreEthernetPaddingAndGo) {
  for (auto datagram : both()) {
    for (const std::size_t bytes : {1, 2, 7, 8, 9, 18, 63, 64}) {
      datagram.padding.assign(bytes, 0);
      expect_answer(datagram);
    }
  }
}

TEST_P(HeadersTest, AnythingElseBehindTheDatagramPasses) {
  for (auto datagram : both()) {
    datagram.padding.assign(65, 0);
    expect_pass(datagram, BMC_PASS_NOT_SERVED_PACKET);
    for (std::size_t bytes = 1; bytes <= 64; bytes += 9) {
      datagram.padding.assign(bytes, 0);
      datagram.padding.back() = 1;
      expect_pass(datagram, BMC_PASS_NOT_SERVED_PACKET);
      datagram.padding.back() = 0;
      datagram.padding.front() = 0x80;
      expect_pass(datagram, BMC_PASS_NOT_SERVED_PACKET);
    }
  }
}

TEST_P(HeadersTest, PaddedFramesPassWithTheirPadding) {
  auto datagram = request("get absent\r\n");
  datagram.padding.assign(6, 0);
  expect_pass(datagram, BMC_PASS_MISS);
}

TEST_P(HeadersTest, AKnownVlanIsServedWithItsTag) {
  kernel_.serve_interface({.ifindex = link_.index, .vlan = 100}, link_.mac);
  for (auto datagram : both()) {
    for (const int tci : {100, 100 | 7 << 13, 100 | 1 << 12}) {
      datagram.vlans = {static_cast<std::uint16_t>(tci)};
      expect_answer(datagram);
      datagram.text = "get absent\r\n";
      expect_pass(datagram, BMC_PASS_MISS);
      datagram.text = "get key\r\n";
    }
  }
}

TEST_P(HeadersTest, AVlanWithoutADeviceHerePasses) {
  kernel_.serve_interface({.ifindex = link_.index, .vlan = 100}, link_.mac);
  for (auto datagram : both()) {
    for (const int tci : {1, 99, 101, 4095}) {
      datagram.vlans = {static_cast<std::uint16_t>(tci)};
      expect_pass(datagram, BMC_PASS_NOT_LOCAL);
    }
  }
}

TEST_P(HeadersTest, APriorityTagIsNoVlan) {
  for (auto datagram : both()) {
    datagram.vlans = {5 << 13};
    expect_answer(datagram);
  }
}

TEST_P(HeadersTest, TwoTagsPass) {
  kernel_.serve_interface({.ifindex = link_.index, .vlan = 100}, link_.mac);
  for (auto datagram : both()) {
    datagram.vlans = {100, 100};
    expect_pass(datagram, BMC_PASS_NONE);
  }
}

TEST_P(HeadersTest, AReplyThatExceedsTheMtuPasses) {
  cache("fits", std::string(1200, 'v'));
  cache("long", std::string(1330, 'v'));
  ASSERT_EQ(std::system("ip link set bmcp0 mtu 1300"), 0);
  expect_answer("get fits\r\n");
  expect_pass("get long\r\n", BMC_PASS_NO_ROOM);
  expect_pass(request_v6("get long\r\n"), BMC_PASS_NO_ROOM);
  ASSERT_EQ(std::system("ip link set bmcp0 mtu 1500"), 0);
  expect_answer("get long\r\n");
}

TEST_P(HeadersTest, RepliesThatEveryPathTakesWholeAreNotToBeFragmented) {
  cache("long", std::string(600, 'v'));
  const auto fragment_field = [&](const std::string& text) {
    const Verdict verdict = run_past_refresh(reference::build(request(text)));
    EXPECT_EQ(verdict.outcome, Outcome::kAnswered);
    return verdict.out[14 + 6] << 8 | verdict.out[14 + 7];
  };
  EXPECT_EQ(fragment_field("get key\r\n"), 0x4000);
  EXPECT_EQ(fragment_field("get long\r\n"), 0);
}

BMC_AT_BOTH_HOOKS(HeadersTest);
INSTANTIATE_TEST_SUITE_P(AtHook, XdpHeadersTest, testing::Values(Hook::kXdp), hook_name);

}  // namespace
}  // namespace bmc::test
