// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <vector>

#include "history/op.h"

namespace bmc::lin {

enum class Fault {
  kGarbled,   ///< bytes that no writer composed
  kUnknown,   ///< a value that nobody wrote to this key
  kRefused,   ///< the value of a write that memcached refused
  kFuture,    ///< a value that was read before it was written
  kDiverged,  ///< two values of one put of which none can come from the other
  kStale,     ///< a value that was over before
  kExpired,   ///< a value whose time to live was certainly over
};

const char* describe(Fault fault);

/// The smallest set of operations that cannot all be right.
struct Violation {
  Fault fault;
  std::uint32_t key;
  std::vector<std::size_t> ops;  ///< indices into History::ops
};

}  // namespace bmc::lin
