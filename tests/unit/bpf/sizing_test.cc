// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bpf/sizing.h"

#include <gtest/gtest.h>

#include "base/units.h"
#include "bmc/abi.h"

namespace bmc {
namespace {

std::uint64_t cost(const CacheSize& size) {
  return std::uint64_t{size.buckets} * sizeof(bmc_bucket) +
         chunks_for(size.slabs) * sizeof(bmc_chunk) + std::uint64_t{size.slabs} * (8 + BMC_CLASSES * 4);
}

TEST(SizeCache, UsesTheMemoryAndNoMore) {
  for (const char* text : {"256K", "16M", "256M", "1G", "8G"}) {
    const std::uint64_t memory = *parse_bytes(text);
    const auto size = size_cache(memory);
    ASSERT_TRUE(size) << text;
    EXPECT_LE(cost(*size), memory) << text;
    EXPECT_GT(cost(*size), memory / 100 * 99) << text;
  }
}

TEST(SizeCache, A256MibCacheHasRoomFor1200000SmallItems) {
  // 16-byte key, 100-byte value: "VALUE " key " 0 100\r\n" data "\r\n", in blocks of 160.
  const auto size = size_cache(256u << 20);
  EXPECT_GE(size->slabs * 38u, 1'200'000u);
  EXPECT_GE(size->buckets * BMC_SLOTS, 1'200'000u * 5 / 4);
}

TEST(SizeCache, RefusesTooLittleAndTooMuch) {
  EXPECT_EQ(size_cache(kMemoryMin - 1).error().code, ExitCode::kUsage);
  EXPECT_EQ(size_cache(std::uint64_t{1} << 40).error().code, ExitCode::kUsage);
}

}  // namespace
}  // namespace bmc
