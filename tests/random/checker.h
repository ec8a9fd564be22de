// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Judges a history. A value that was read must be one whose write was invoked
// before the read was answered and that was not certainly gone when the read
// was invoked: overwritten, deleted or flushed by an acknowledged operation
// that lies wholly between the value's write and the read, or expired.
// Misses are always allowed; but as only memcached answers a miss, and while
// it evicts nothing, a miss also proves that the value is gone for good.
//
// The rules are necessary conditions of linearizability, checked for every read
// in about logarithmic time. They never accuse a correct history.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "op.h"

namespace bmc::random_test {

enum class Fault {
  kGarbled,      ///< bytes that no writer composed
  kUnknown,      ///< a value that nobody wrote to this key
  kRefused,      ///< the value of a write that memcached refused
  kFuture,       ///< a value written only after it was read
  kOverwritten,  ///< certainly replaced, removed or flushed before
  kExpired,      ///< certainly expired before
};

const char* describe(Fault fault);

struct Violation {
  Fault fault;
  std::size_t read;                 ///< index of the read in History::ops
  std::vector<std::size_t> writes;  ///< the writes in the value
  std::size_t proof;                ///< the operation that shows it, or the read itself
};

/// How long after its time to live an item may still be seen: memcached's clock
/// ticks once a second and may lag another one.
inline constexpr Nanoseconds kExpirySlack = 3'000'000'000;

std::vector<Violation> check(const History& history);

}  // namespace bmc::random_test
