// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "memcached/block_text.h"

#include <gtest/gtest.h>

#include "base/checksum.h"

namespace bmc {
namespace {

TEST(BlockText, IsTheAnswerToAGetWithoutItsEnd) {
  std::string text;
  bmc_block block{};
  ASSERT_TRUE(compose_block("foo", 7, "a\r\nb", text, block));
  EXPECT_EQ(text, "VALUE foo 7 4\r\na\r\nb\r\n");
  EXPECT_EQ(block.text_bytes, text.size());
  EXPECT_EQ(block.key_bytes, 3);
  EXPECT_EQ(block.head_bytes, 6);  // " 7 4\r\n"
  EXPECT_EQ(block.text_sum, internet_sum(text));
}

TEST(BlockText, AnEmptyValueIsAValue) {
  std::string text;
  bmc_block block{};
  ASSERT_TRUE(compose_block("k", 0, "", text, block));
  EXPECT_EQ(text, "VALUE k 0 0\r\n\r\n");
}

TEST(BlockText, FillsADatagramToTheLastByteAndNoMore) {
  std::string text;
  bmc_block block{};
  const std::size_t around = std::string_view("VALUE k 0 1371\r\n\r\n").size();
  const std::size_t most = BMC_REPLY_MAX - BMC_UDP_FRAME_SIZE - 5 - around;
  EXPECT_TRUE(compose_block("k", 0, std::string(most, 'x'), text, block));
  EXPECT_EQ(text.size() + BMC_UDP_FRAME_SIZE + 5, static_cast<std::size_t>(BMC_REPLY_MAX));
  EXPECT_FALSE(compose_block("k", 0, std::string(most + 1, 'x'), text, block));
}

}  // namespace
}  // namespace bmc
