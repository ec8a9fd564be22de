// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "memcached/block_text.h"

#include <fmt/format.h>

#include <iterator>

#include "base/checksum.h"

namespace bmc {

bool compose_block(std::string_view key, std::uint32_t client_flags, std::string_view data,
                   std::string& text, bmc_block& block) {
  text.clear();
  if (data.size() > kServedTextMax) return false;
  fmt::format_to(std::back_inserter(text), "VALUE {} {} {}\r\n", key, client_flags, data.size());
  const std::size_t head = text.size() - BMC_TEXT_KEY - key.size();
  text.append(data).append("\r\n");
  if (text.size() > kServedTextMax) return false;
  block.text_bytes = static_cast<std::uint16_t>(text.size());
  block.text_sum = internet_sum(text);
  block.key_bytes = static_cast<std::uint8_t>(key.size());
  block.head_bytes = static_cast<std::uint8_t>(head);
  return true;
}

}  // namespace bmc
