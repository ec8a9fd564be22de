// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>

namespace bmc::bench {

/// An inclusive range; both ends equal for a fixed quantity.
struct Range {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
};

}  // namespace bmc::bench
