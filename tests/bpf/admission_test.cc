// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Who is answered, and while what holds: I8, I10, I12.
#include "harness/serve_test.h"

namespace bmc::test {
namespace {

using reference::address_of;

class AdmissionTest : public ServeTest {
 protected:
  AdmissionTest() { cache("key", "value"); }

  reference::Datagram from(const char* source) const {
    auto datagram = reference::is_v4(address_of(source)) ? request("get key\r\n") : request_v6("get key\r\n");
    datagram.source = address_of(source);
    return datagram;
  }

  void age_heartbeat(std::uint64_t seconds) {
    kernel_.beat();
    kernel_.state().heartbeat -= seconds * jiffies_per_second();
  }
};

TEST_P(AdmissionTest, NothingIsServedWhileStopped) {
  for (const auto stop : {BMC_STOP_UNARMED, BMC_STOP_DEAD, BMC_STOP_DOUBT, BMC_STOP_FLUSH, BMC_STOP_DETACH}) {
    kernel_.state().stopped = stop;
    expect_pass("get key\r\n", BMC_PASS_STOPPED);
  }
  kernel_.state().stopped = 0;
  expect_answer("get key\r\n");
}

TEST_P(AdmissionTest, NothingIsServedWithoutALivingDaemon) {
  age_heartbeat(BMC_HEARTBEAT_MAX_S - 1);
  expect_answer("get key\r\n");
  age_heartbeat(BMC_HEARTBEAT_MAX_S + 1);
  expect_pass("get key\r\n", BMC_PASS_STOPPED);
  age_heartbeat(86400 * 365);
  expect_pass("get key\r\n", BMC_PASS_STOPPED);
  kernel_.beat();
  expect_answer("get key\r\n");
}

TEST_P(AdmissionTest, ASourceThatMemcachedHasNotAnsweredPasses) {
  expect_pass(from("192.0.2.99"), BMC_PASS_SOURCE);
  expect_pass(from("2001:db8::99"), BMC_PASS_SOURCE);
  expect_pass(from("2001:db8:0:0:1::1"), BMC_PASS_SOURCE);
}

TEST_P(AdmissionTest, ASourceIsForgottenAfterAMinute) {
  kernel_.admit_source(address_of("192.0.2.3"), BMC_SOURCE_MAX_S - 2);
  expect_answer(from("192.0.2.3"));
  kernel_.admit_source(address_of("192.0.2.4"), BMC_SOURCE_MAX_S + 1);
  expect_pass(from("192.0.2.4"), BMC_PASS_SOURCE);
}

TEST_P(AdmissionTest, ListedClientsNeedNoAnswerFirst) {
  kernel_.admit_client(address_of("198.51.100.0"), 96 + 24);
  kernel_.admit_client(address_of("2001:db8:1::"), 48);
  expect_answer(from("198.51.100.0"));
  expect_answer(from("198.51.100.255"));
  expect_pass(from("198.51.101.0"), BMC_PASS_SOURCE);
  expect_answer(from("2001:db8:1::77"));
  expect_pass(from("2001:db8:2::77"), BMC_PASS_SOURCE);
}

TEST_P(AdmissionTest, AllOfIpv4IsNotIpv6) {
  kernel_.admit_client(address_of("0.0.0.0"), 96);
  expect_answer(from("203.0.113.9"));
  expect_pass(from("2001:db8::99"), BMC_PASS_SOURCE);
}

TEST_P(AdmissionTest, OtherTargetsPass) {
  for (const char* target : {"192.0.2.3", "192.0.2.255", "255.255.255.255", "127.0.0.1", "224.0.0.1"}) {
    auto datagram = request("get key\r\n");
    datagram.target = address_of(target);
    expect_pass(datagram, BMC_PASS_NOT_LOCAL);
  }
  for (const char* target : {"2001:db8::3", "ff02::1", "::1"}) {
    auto datagram = request_v6("get key\r\n");
    datagram.target = address_of(target);
    expect_pass(datagram, BMC_PASS_NOT_LOCAL);
  }
}

TEST_P(AdmissionTest, FramesForAnotherHostPass) {
  // At TC the stack has looked already, and such a packet is not even counted.
  const bmc_pass reason = GetParam() == Hook::kXdp ? BMC_PASS_NOT_LOCAL : BMC_PASS_NONE;
  for (const reference::Mac& mac : {reference::Mac{0x02, 0, 0, 0, 0, 0x03}, reference::Mac{},
                                    reference::Mac{0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
                                    reference::Mac{0x33, 0x33, 0, 0, 0, 1}}) {
    auto datagram = request("get key\r\n");
    datagram.target_mac = mac;
    expect_pass(datagram, reason);
  }
}

TEST_P(AdmissionTest, AnInterfaceThatIsNotServedPasses) {
  auto datagram = request("get key\r\n");
  datagram.target_mac = {};
  const Bytes frame = reference::build(datagram);
  const Verdict verdict = kernel_.run(GetParam(), frame, 1);
  EXPECT_EQ(verdict.outcome, Outcome::kPassed);
  EXPECT_EQ(verdict.out, frame);
  EXPECT_EQ(kernel_.stats().passes[BMC_PASS_NOT_LOCAL], 1u);
}

TEST_P(AdmissionTest, LoopbackHasNoAddressToCompare) {
  kernel_.serve_interface({.ifindex = 1, .vlan = 0}, {}, BMC_INTERFACE_NO_MAC);
  auto datagram = request("get key\r\n");
  datagram.target_mac = {};
  const Verdict verdict = kernel_.run(GetParam(), reference::build(datagram), 1);
  EXPECT_EQ(verdict.outcome, Outcome::kAnswered);
  EXPECT_EQ(reference::why_not_reply(datagram, verdict.out, "VALUE key 0 5\r\nvalue\r\nEND\r\n"), "");
}

// The verdict is remembered for a second; a change of the rules ends that.
TEST_P(AdmissionTest, AChangeOfTheRulesCountsAtOnce) {
  kernel_.admit_client(address_of("198.51.100.1"), 128);
  expect_answer(from("198.51.100.1"));
  expect_answer(from("198.51.100.1"));
  bmc_client client{.prefix_bits = 128, .address = {}};
  const auto address = address_of("198.51.100.1");
  std::copy(address.begin(), address.end(), client.address.bytes);
  ASSERT_EQ(bpf_map__delete_elem(kernel_.skeleton().maps.bmc_clients, &client, sizeof(client), 0), 0);
  kernel_.admission_changed();
  expect_pass(from("198.51.100.1"), BMC_PASS_SOURCE);
}

TEST_P(AdmissionTest, WhatWasRememberedOfOnePairSaysNothingOfAnother) {
  for (int round = 0; round < 3; round++) {
    for (int host = 1; host < 255; host++) {
      const std::string source = "203.0.113." + std::to_string(host);
      if (round == 0 && host % 2 == 0) kernel_.admit_client(address_of(source.c_str()), 128);
      if (round == 0) continue;
      if (host % 2 == 0) {
        expect_answer(from(source.c_str()));
      } else {
        expect_pass(from(source.c_str()), BMC_PASS_SOURCE);
      }
    }
  }
}

BMC_AT_BOTH_HOOKS(AdmissionTest);

}  // namespace
}  // namespace bmc::test
