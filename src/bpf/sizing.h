// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// How --memory is divided: 8 % for the index, the rest for slabs and what is
// kept for each of them. An item of 16-byte key and 100-byte value takes a
// block of 160 bytes, so the index has about 1.3 slots for each.
#pragma once

#include <cstdint>

#include "base/error.h"

namespace bmc {

struct CacheSize {
  std::uint32_t buckets = 0;
  std::uint32_t slabs = 0;
};

inline constexpr std::uint64_t kMemoryMin = 128 * 1024;
inline constexpr std::uint32_t kSlabsMax = 1u << 20;  ///< the slab bits of a slot word

Result<CacheSize> size_cache(std::uint64_t memory_bytes);

}  // namespace bmc
