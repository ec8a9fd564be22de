// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A get as a whole Ethernet frame, for the generator in the kernel: IPv4
// without options, UDP with its checksum.
#pragma once

#include <linux/if_ether.h>
#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "bmc/bench.h"

namespace bmc::bench {

struct FlowEnds {
  std::array<std::uint8_t, ETH_ALEN> from_mac{};
  std::array<std::uint8_t, ETH_ALEN> to_mac{};
  in_addr from{};
  in_addr to{};
  std::uint16_t to_port = 0;
};

/// A frame whose UDP source port, and with it the checksum, is still open (0).
class RequestFrame {
 public:
  RequestFrame(const FlowEnds& ends, std::string_view key);

  const std::vector<std::uint8_t>& bytes() const noexcept { return bytes_; }

  /// Replaces the key by one of the same length.
  void set_key(std::string_view key) noexcept;

  /// Where the bytes of a draw lie: they end with the key.
  std::size_t tail_at() const noexcept;

  /// What the generator needs of this frame besides the template.
  bmc_bench_draw draw() const noexcept;

 private:
  std::size_t key_bytes_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace bmc::bench
