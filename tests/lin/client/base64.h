// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Base64 (RFC 4648), as the b flag of the meta commands wants keys.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bmc::lin {

inline std::string encode_base64(std::string_view data) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < data.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; j++) {
      bits = bits << 8 | (i + j < data.size() ? static_cast<unsigned char>(data[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; j++) {
      text += i + j <= data.size() ? kAlphabet[bits >> (18 - 6 * j) & 63] : '=';
    }
  }
  return text;
}

}  // namespace bmc::lin
