// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The folded Internet checksum of a text as a block keeps it (abi.h), by the
// definition: 16-bit words as this little-endian host reads them.
#pragma once

#include <cstdint>
#include <string_view>

namespace bmc::test {

inline std::uint16_t text_sum(std::string_view text) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < text.size(); i++) {
    sum += static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])) << (i % 2 * 8);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

}  // namespace bmc::test
