// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/request_frame.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "bench/key_space.h"
#include "bench/sample_check.h"
#include "bench/udp_frame.h"
#include "bench/value.h"

namespace bmc::bench {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// RFC 1071, byte by byte, over what is given; 0xffff if the sum with its checksum is right.
std::uint32_t ones_sum(const Bytes& bytes, std::size_t from, std::size_t to) {
  std::uint32_t sum = 0;
  for (std::size_t i = from; i < to; i++) {
    sum += (i - from) % 2 == 0 ? bytes[i] << 8 : bytes[i];
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return sum;
}

std::uint32_t add(std::uint32_t a, std::uint32_t b) {
  return ((a + b) & 0xffff) + ((a + b) >> 16);
}

/// Including the pseudo header: 0xffff for a right datagram.
std::uint32_t udp_sum(const Bytes& frame) {
  const std::uint32_t udp_bytes = static_cast<std::uint32_t>(frame.size()) - 34;
  return add(add(ones_sum(frame, 26, 34), 17), add(udp_bytes, ones_sum(frame, 34, frame.size())));
}

FlowEnds ends() {
  FlowEnds ends{.from_mac = {2, 0, 0, 0, 0, 1}, .to_mac = {2, 0, 0, 0, 0, 2}, .to_port = 11211};
  inet_pton(AF_INET, "192.0.2.1", &ends.from);
  inet_pton(AF_INET, "192.0.2.200", &ends.to);
  return ends;
}

/// What the generator in the kernel does with a draw.
Bytes generate(const RequestFrame& frame, const bmc_bench_draw& draw, std::uint16_t port) {
  Bytes bytes = frame.bytes();
  std::copy(std::begin(draw.tail), std::end(draw.tail), bytes.begin() + frame.tail_at());
  const std::uint16_t wire_port = htons(port);
  std::uint32_t sum = draw.sum + wire_port;
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  const auto check = static_cast<std::uint16_t>(~sum);
  std::memcpy(&bytes[34], &wire_port, 2);
  std::memcpy(&bytes[40], &check, 2);
  return bytes;
}

TEST(RequestFrame, IsAWholeGet) {
  const RequestFrame frame(ends(), "k000000000000007");
  const Bytes& bytes = frame.bytes();
  ASSERT_EQ(bytes.size(), 14 + 20 + 8 + 8 + 4 + 16 + 2u);
  EXPECT_EQ(bytes[12] << 8 | bytes[13], 0x0800);
  EXPECT_EQ(bytes[16] << 8 | bytes[17], static_cast<int>(bytes.size() - 14));
  EXPECT_EQ(bytes[38] << 8 | bytes[39], static_cast<int>(bytes.size() - 34));
  EXPECT_EQ(bytes[36] << 8 | bytes[37], 11211);
  EXPECT_EQ(std::string(bytes.begin() + 42, bytes.end()),
            std::string("\0\0\0\0\0\1\0\0get k000000000000007\r\n", 30));
}

TEST(RequestFrame, TheIpChecksumIsRight) {
  for (const std::size_t key_bytes : {2u, 16u, 17u, 250u}) {
    const RequestFrame frame(ends(), std::string(key_bytes, 'k'));
    EXPECT_EQ(ones_sum(frame.bytes(), 14, 34), 0xffffu);
  }
}

TEST(RequestFrame, EveryDrawHasARightUdpChecksumWithAnyPort) {
  for (const std::size_t key_bytes : {7u, 10u, 11u, 12u, 13u, 16u, 31u, 249u, 250u}) {
    const auto keys = KeySpace::make(1'000'000, key_bytes);
    ASSERT_TRUE(keys);
    const RequestFrame original(ends(), keys->text(0));
    RequestFrame drawn = original;
    for (const std::uint32_t number : {0u, 1u, 9u, 12'345u, 999'999u}) {
      drawn.set_key(keys->text(number));
      for (const std::uint16_t port : {1, 40'000, 65'535}) {
        const Bytes bytes = generate(original, drawn.draw(), port);
        EXPECT_EQ(udp_sum(bytes), 0xffffu) << key_bytes << ' ' << number << ' ' << port;
        EXPECT_EQ(std::string(bytes.begin() + 54, bytes.end() - 2), keys->text(number));
      }
    }
  }
}

TEST(RequestFrame, TheTestSeesAWrongChecksum) {
  const RequestFrame frame(ends(), "k000000000000007");
  Bytes bytes = generate(frame, frame.draw(), 40'000);
  bytes.back() ^= 1;
  EXPECT_NE(udp_sum(bytes), 0xffffu);
}

class SampleTest : public testing::Test {
 protected:
  std::string reply(std::uint32_t key, std::uint32_t value_of) {
    std::string data(40, '\0');
    write_value({value_of, 5, 5, 0}, data);
    std::string payload(8, '\0');
    UdpFrame{}.write(payload.data());
    return payload + "VALUE " + keys_.text(key) + ' ' + std::to_string(value_flags(key)) +
           " 40\r\n" + data + "\r\nEND\r\n";
  }

  KeySpace keys_ = *KeySpace::make(1000, 16);
};

TEST_F(SampleTest, ARightReplyPasses) {
  EXPECT_EQ(check_sample(keys_, reply(7, 7)), "");
}

TEST_F(SampleTest, AnyDamagedByteBehindTheFrameIsSeen) {
  const std::string right = reply(7, 7);
  for (std::size_t at = UdpFrame::kBytes; at < right.size(); at++) {
    std::string damaged = right;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    EXPECT_NE(check_sample(keys_, damaged), "") << "byte " << at;
  }
}

TEST_F(SampleTest, CutAnywhereIsSeen) {
  const std::string right = reply(7, 7);
  for (std::size_t bytes = 0; bytes < right.size(); bytes++) {
    EXPECT_NE(check_sample(keys_, std::string_view(right).substr(0, bytes)), "") << bytes;
  }
}

TEST_F(SampleTest, AnotherKeysValueIsSeen) {
  EXPECT_NE(check_sample(keys_, reply(17, 7)), "");
  EXPECT_NE(check_sample(keys_, reply(7, 7) + "END\r\n"), "");
}

}  // namespace
}  // namespace bmc::bench
