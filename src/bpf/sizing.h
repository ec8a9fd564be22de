// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// How --memory is divided: 92 % for whole chunks and what is kept for each of
// their slabs, the rest for the index. An item of 16-byte key and 100-byte value
// takes a block of 160 bytes, so the index has about 1.3 slots for each.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "bmc/abi.h"

namespace bmc {

struct CacheSize {
  std::uint32_t buckets = 0;
  std::uint32_t slabs = 0;
};

inline constexpr std::uint64_t kMemoryMin = 256 * 1024;
inline constexpr std::uint32_t kChunksMax = 1u << BMC_SLOT_CHUNK_BITS;

/// Chunks, the last of which need not be whole.
constexpr std::uint32_t chunks_for(std::uint32_t slabs) {
  return (slabs + BMC_CHUNK_SLABS - 1) / BMC_CHUNK_SLABS;
}

Result<CacheSize> size_cache(std::uint64_t memory_bytes);

}  // namespace bmc
