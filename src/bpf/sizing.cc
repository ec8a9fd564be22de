// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bpf/sizing.h"

#include <fmt/format.h>

#include "base/units.h"
#include "bmc/abi.h"

namespace bmc {
namespace {

/// A chunk, and of each of its slabs the word in bmc_slab_words and an entry in
/// bmc_class_slabs for every class that it may come to belong to.
constexpr std::uint64_t kChunkCost =
    sizeof(bmc_chunk) +
    BMC_CHUNK_SLABS * (sizeof(std::uint64_t) + BMC_CLASSES * sizeof(std::uint32_t));

}  // namespace

Result<CacheSize> size_cache(std::uint64_t memory_bytes) {
  if (memory_bytes < kMemoryMin) {
    return fail(fmt::format("{} are too little for a cache", format_bytes(memory_bytes)), 0,
                "--memory 256K or more", ExitCode::kUsage);
  }
  const std::uint64_t chunks = memory_bytes / 100 * 92 / kChunkCost;
  if (chunks > kChunksMax) {
    return fail(fmt::format("{} are more than one cache can use", format_bytes(memory_bytes)), 0,
                "--memory 8G or less", ExitCode::kUsage);
  }
  const std::uint64_t buckets = (memory_bytes - chunks * kChunkCost) / sizeof(bmc_bucket);
  return CacheSize{static_cast<std::uint32_t>(buckets),
                   static_cast<std::uint32_t>(chunks) * BMC_CHUNK_SLABS};
}

}  // namespace bmc
