// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/values.h"

#include <fmt/core.h>

#include <cstdint>

namespace bmc::stream {

std::size_t draw_size(Random& random) {
  const std::uint64_t turn = random.below(100);
  if (turn < 55) return random.between(0, 100);
  if (turn < 75) return random.between(100, 1250);
  if (turn < 83) return random.between(400, 560);    // about a segment of 536 bytes
  if (turn < 97) return random.between(1350, 1500);  // about a segment of 1448 or 1460 bytes
  return random.between(1500, 9000);
}

std::size_t draw_large_size(Random& random) {
  return random.between(16'000, kLargestValue);
}

std::string draw_value(Random& random, std::size_t bytes, std::string_view victim) {
  std::string value;
  value.reserve(bytes + 8);
  while (value.size() < bytes) {
    // 8 letters of 32: upper case and some of what stands between the cases in ASCII.
    std::uint64_t bits = random.next();
    for (int i = 0; i < 8; i++, bits >>= 8) value += static_cast<char>('@' + (bits & 31));
  }
  value.resize(bytes);
  if (random.percent(25)) {
    const std::string hostile =
        fmt::format("\r\nEND\r\ndelete {0} noreply\r\nVALUE {0} 0 1\r\nx\r\n", victim);
    for (std::size_t at = random.below(40); at + hostile.size() <= bytes;
         at += hostile.size() + random.between(1, 200)) {
      value.replace(at, hostile.size(), hostile);
    }
  }
  return value;
}

}  // namespace bmc::stream
