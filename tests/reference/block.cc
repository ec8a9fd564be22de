// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "reference/block.h"

namespace bmc::reference {

std::uint16_t text_sum(std::string_view text) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < text.size(); i++) {
    sum += static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])) << (i % 2 * 8);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

bmc_block block_of(const std::string& key, const Item& item, const std::string& text,
                   std::uint32_t expiry) {
  constexpr std::size_t kLineEnd = 2;
  bmc_block block{};
  block.expiry = expiry;
  block.text_bytes = static_cast<std::uint16_t>(text.size());
  block.text_sum = text_sum(text);
  block.key_bytes = static_cast<std::uint8_t>(key.size());
  block.head_bytes = static_cast<std::uint8_t>(text.size() - item.data.size() - kLineEnd -
                                               BMC_TEXT_KEY - key.size());
  if (item.cas) {
    block.cas_low = static_cast<std::uint32_t>(*item.cas);
    block.cas_high = static_cast<std::uint32_t>(*item.cas >> 32);
  }
  return block;
}

}  // namespace bmc::reference
