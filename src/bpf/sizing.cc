// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bpf/sizing.h"

#include <fmt/format.h>

#include "base/units.h"
#include "bmc/abi.h"

namespace bmc {
namespace {

/// A slab, its word in bmc_slab_words, and its entry in bmc_class_slabs of
/// every class that it may come to belong to.
constexpr std::uint64_t kSlabCost =
    sizeof(bmc_slab) + sizeof(std::uint64_t) + BMC_CLASSES * sizeof(std::uint32_t);

}  // namespace

Result<CacheSize> size_cache(std::uint64_t memory_bytes) {
  if (memory_bytes < kMemoryMin) {
    return fail(fmt::format("{} are too little for a cache", format_bytes(memory_bytes)), 0,
                "--memory 128K or more", ExitCode::kUsage);
  }
  const std::uint64_t index_bytes = memory_bytes / 100 * 8;
  const std::uint64_t slabs = (memory_bytes - index_bytes) / kSlabCost;
  if (slabs > kSlabsMax) {
    return fail(fmt::format("{} are more than one cache can use", format_bytes(memory_bytes)), 0,
                "--memory 6G or less", ExitCode::kUsage);
  }
  return CacheSize{static_cast<std::uint32_t>(index_bytes / sizeof(bmc_bucket)),
                   static_cast<std::uint32_t>(slabs)};
}

}  // namespace bmc
