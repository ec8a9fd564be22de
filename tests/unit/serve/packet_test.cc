// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Serving on the host: what the kernel's own tester cannot show, because its
// packets carry whole checksums and its memory has no walls.
#include <gtest/gtest.h>

#include "host/instance.h"

namespace bmc::host {
namespace {

using reference::Checksum;
using reference::Datagram;

constexpr host_hook kHooks[] = {HOST_XDP, HOST_TC};

class PacketTest : public testing::Test {
 protected:
  void expect_answer(host_hook hook, const Datagram& datagram, bool is_partial = false) {
    const Bytes frame = reference::build(datagram);
    const Verdict verdict = instance_.run(hook, frame, is_partial);
    EXPECT_TRUE(verdict.answered) << datagram.text;
    EXPECT_EQ(instance_.objection(frame, verdict), "");
  }
  void expect_pass(host_hook hook, const Datagram& datagram, bool is_partial = false) {
    const Bytes frame = reference::build(datagram);
    const Verdict verdict = instance_.run(hook, frame, is_partial);
    EXPECT_TRUE(verdict.passed) << datagram.text;
  }

  Instance instance_;
};

TEST_F(PacketTest, HitsAreAnsweredAndMissesPass) {
  instance_.put("key", Item{.flags = 1, .data = "value", .cas = 3});
  for (const host_hook hook : kHooks) {
    for (const std::string text : {"get key\r\n", "mg key v k f s c Oq\r\n", "get key key\r\n"}) {
      expect_answer(hook, Instance::request(text));
      expect_answer(hook, Instance::request_v6(text));
    }
    expect_pass(hook, Instance::request("get other\r\n"));
    expect_pass(hook, Instance::request("mg other v\r\n"));
  }
}

// A local sender leaves the checksum to its device; the reply's must go there
// in the same state.
TEST_F(PacketTest, APartialChecksumStaysPartialAtTc) {
  for (const std::size_t bytes : {0, 1, 5, 6, 100, 777, 1300}) {
    instance_.put("key", Item{.data = std::string(bytes, 'v'), .cas = 9});
    for (const std::string text : {"get key\r\n", "get key k2\r\n", "mg key v\r\n", "mg key q Oopaque\r\n"}) {
      instance_.put("k2", Item{.data = ""});
      for (Datagram datagram : {Instance::request(text), Instance::request_v6(text)}) {
        datagram.checksum = Checksum::kPartial;
        expect_answer(HOST_TC, datagram, true);
      }
    }
  }
}

TEST_F(PacketTest, EveryTextThatFitsIsServedAtThePacketsVeryEnd) {
  const std::string longest(BMC_KEY_MAX, 'k');
  for (std::size_t bytes = 1; bytes <= BMC_KEY_MAX; bytes++) {
    const std::string key = longest.substr(0, bytes);
    instance_.put(key, Item{.data = std::string(bytes % 9, 'v')});
    for (const host_hook hook : kHooks) {
      expect_answer(hook, Instance::request("get " + key + "\r\n"));
      expect_answer(hook, Instance::request_v6("mg " + key + " k v\r\n"));
    }
  }
}

TEST_F(PacketTest, AReplyThatExceedsTheMtuPasses) {
  instance_.put("key", Item{.data = std::string(1330, 'v')});
  host_set_mtu(1300);
  for (const host_hook hook : kHooks) expect_pass(hook, Instance::request("get key\r\n"));
  host_set_mtu(1500);
  for (const host_hook hook : kHooks) expect_answer(hook, Instance::request("get key\r\n"));
}

}  // namespace
}  // namespace bmc::host
