// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Moves slabs between the size classes once all memory is given out, so that
// sizes which were common at first do not keep what later ones need.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "bpf/kernel_side.h"

namespace bmc {

/// A size class during the last interval.
struct ClassLoad {
  std::uint32_t slabs = 0;
  std::uint32_t blocks_in_slab = 1;
  std::uint64_t used_blocks = 0;
  std::uint64_t pressure = 0;  ///< evictions and refused allocations
};
using ClassLoads = std::array<ClassLoad, BMC_CLASSES>;

struct SlabMove {
  std::uint32_t from = 0;
  std::uint32_t to = 0;

  bool operator==(const SlabMove&) const = default;
};

/// To the class under most pressure; from one that has a slab's worth of free
/// blocks, else from one under less than half of that pressure for each slab.
std::optional<SlabMove> plan_slab_move(const ClassLoads& loads);

class SlabBalancer {
 public:
  explicit SlabBalancer(const KernelSide& kernel) : kernel_(kernel) {}

  /// Several times a second.
  Result<void> step();

 private:
  ClassLoads look();
  bool is_memory_given_out();

  const KernelSide& kernel_;
  std::array<std::uint64_t, BMC_CLASSES> counted_{};  ///< pressure up to the last look
  std::optional<bmc_move> pending_;                   ///< begun: the slab has lost its class
  std::uint32_t position_ = 0;
  bool was_given_out_ = false;
};

}  // namespace bmc
