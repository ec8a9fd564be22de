// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "base/checksum.h"

#include <cstring>

namespace bmc {

std::uint16_t internet_sum(std::string_view bytes) {
  std::uint64_t sum = 0;
  // Four-byte words: their two halves fold onto the same 16 bits.
  while (bytes.size() >= 4) {
    std::uint32_t word;
    std::memcpy(&word, bytes.data(), sizeof(word));
    sum += word;
    bytes.remove_prefix(sizeof(word));
  }
  std::uint32_t rest = 0;
  if (!bytes.empty()) std::memcpy(&rest, bytes.data(), bytes.size());
  sum += rest;
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

}  // namespace bmc
