// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Looks at what is cached from outside, while it changes: each item is checked
// against its own hash, so that a block reused under our eyes is left out.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "bpf/kernel_side.h"

namespace bmc {

struct CachedItem {
  std::string_view key;  ///< valid during the call only
  std::uint32_t value_bytes;
  std::chrono::seconds age;     ///< to 8 s or so, and modulo some 6 days
  std::optional<double> ttl_s;  ///< none: never expires
};

/// Calls @each for every item that would be served.
Result<void> walk_cache(const KernelSide& kernel,
                        const std::function<void(const CachedItem&)>& each);

}  // namespace bmc
