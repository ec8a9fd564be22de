// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The eight bytes before every UDP message of memcached: request id, number of
// this datagram, number of datagrams, reserved; all big endian.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace bmc::bench {

struct UdpFrame {
  static constexpr std::size_t kBytes = 8;

  std::uint16_t request_id = 0;
  std::uint16_t sequence = 0;
  std::uint16_t total = 1;

  char* write(char* out) const noexcept {
    const std::uint16_t words[4] = {request_id, sequence, total, 0};
    for (const std::uint16_t word : words) {
      *out++ = static_cast<char>(word >> 8);
      *out++ = static_cast<char>(word);
    }
    return out;
  }

  /// Nothing for datagrams that are too short or count themselves wrongly.
  static std::optional<UdpFrame> read(std::string_view datagram) noexcept {
    if (datagram.size() < kBytes) return std::nullopt;
    const auto word = [&](std::size_t at) {
      return static_cast<std::uint16_t>(static_cast<unsigned char>(datagram[at]) << 8 |
                                        static_cast<unsigned char>(datagram[at + 1]));
    };
    const UdpFrame frame{word(0), word(2), word(4)};
    if (frame.sequence >= frame.total) return std::nullopt;
    return frame;
  }
};

}  // namespace bmc::bench
