// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "base/checksum.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace bmc {
namespace {

/// RFC 1071 word by word, as its text has it.
std::uint16_t by_words(std::string_view bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    std::uint16_t word = 0;
    std::memcpy(&word, bytes.data() + i, std::min<std::size_t>(2, bytes.size() - i));
    sum += word;
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<std::uint16_t>(sum);
}

TEST(InternetSum, IsThatOfTheRfcForEveryLength) {
  std::string bytes;
  for (int i = 0; i < 1500; i++) {
    EXPECT_EQ(internet_sum(bytes), by_words(bytes)) << i;
    bytes.push_back(static_cast<char>(i * 7 + 3));
  }
}

TEST(InternetSum, CarriesAround) {
  EXPECT_EQ(internet_sum(std::string(64, '\xff')), 0xffff);
  EXPECT_EQ(internet_sum(""), 0);
  EXPECT_EQ(internet_sum(std::string_view("\x01\x02\x03", 3)), 0x0201 + 0x0003);
}

}  // namespace
}  // namespace bmc
