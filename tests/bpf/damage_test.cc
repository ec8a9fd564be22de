// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Packets damaged on the way, everywhere: each passes as it came, or gets the
// right answer to what it then says.
#include "harness/serve_test.h"

namespace bmc::test {
namespace {

using reference::Datagram;

class DamageTest : public ServeTest {
 protected:
  DamageTest() {
    // Neighbours of one another, so that damage finds a key as often as can be.
    for (const std::string key : {"a", "b", "c", "ka", "kb", "kc", "q"}) {
      cache(key, Item{.flags = 3, .data = "value of " + key, .cas = 9});
    }
    kernel_.serve_interface({.ifindex = link_.index, .vlan = 5}, link_.mac);
  }

  std::vector<Datagram> shapes() const {
    std::vector<Datagram> shapes;
    for (const std::string text : {"get a\r\n", "get a b ka\r\n", "mg ka v s f c k Oab q\r\n", "get none\r\n"}) {
      shapes.push_back(request(text));
      shapes.push_back(request_v6(text));
      shapes.push_back(request(text));
      shapes.back().vlans = {5};
      shapes.push_back(request(text));
      shapes.back().padding.assign(7, 0);
    }
    return shapes;
  }
};

TEST_P(DamageTest, APacketThatIsCutAnywherePasses) {
  for (const Datagram& datagram : shapes()) {
    const Bytes whole = reference::build(datagram);
    const std::size_t udp = reference::udp_offset(datagram);
    // At TC the kernel's tester wants a whole IP header.
    const std::size_t shortest = GetParam() == Hook::kXdp ? 14 : udp;
    for (std::size_t bytes = shortest; bytes < whole.size() - datagram.padding.size(); bytes++) {
      SCOPED_TRACE("cut at " + std::to_string(bytes) + ": " + datagram.text);
      expect_pass(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(bytes)),
                  bytes < udp + 8 ? BMC_PASS_NONE : BMC_PASS_NOT_SERVED_PACKET);
    }
  }
}

TEST_P(DamageTest, ATextThatIsCutAnywherePasses) {
  for (Datagram datagram : shapes()) {
    const std::string whole = datagram.text;
    for (std::size_t bytes = 0; bytes < whole.size(); bytes++) {
      datagram.text = whole.substr(0, bytes);
      EXPECT_EQ(expect_pass_or_answer(reference::build(datagram)), Outcome::kPassed) << datagram.text;
    }
  }
}

TEST_P(DamageTest, AByteThatFlipsIsNoticed) {
  int answered = 0, passed = 0;
  for (const Datagram& datagram : shapes()) {
    const Bytes whole = reference::build(datagram);
    for (std::size_t at = 0; at < whole.size(); at++) {
      for (const int mask : {0x01, 0x02, 0x20, 0x80, 0xff}) {
        Bytes damaged = whole;
        damaged[at] = static_cast<std::uint8_t>(damaged[at] ^ mask);
        SCOPED_TRACE("byte " + std::to_string(at) + ": " + datagram.text);
        (expect_pass_or_answer(damaged) == Outcome::kAnswered ? answered : passed)++;
      }
    }
  }
  EXPECT_GT(answered, 100); // what no checksum covers
  EXPECT_GT(passed, 1000);
}

TEST_P(DamageTest, AByteThatDiffersUnderRightChecksumsIsRead) {
  int answered = 0, passed = 0;
  for (const Datagram& datagram : shapes()) {
    const Bytes whole = reference::build(datagram);
    for (std::size_t at = 0; at < whole.size(); at++) {
      for (int mask = 1; mask < 256; mask++) {
        Bytes other = whole;
        other[at] = static_cast<std::uint8_t>(other[at] ^ mask);
        reference::fix_checksums(other, datagram);
        SCOPED_TRACE("byte " + std::to_string(at) + ": " + datagram.text);
        (expect_pass_or_answer(other) == Outcome::kAnswered ? answered : passed)++;
      }
    }
  }
  EXPECT_GT(answered, 1000);
  EXPECT_GT(passed, 1000);
}

BMC_AT_BOTH_HOOKS(DamageTest);

}  // namespace
}  // namespace bmc::test
