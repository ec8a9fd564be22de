// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A history sorted out by key, as the checker looks things up in it. All
// numbers are indices into History::ops, in order of invocation.
#pragma once

#include <cstddef>
#include <map>
#include <unordered_map>
#include <vector>

#include "op.h"

namespace bmc::random_test {

struct KeyHistory {
  std::vector<std::size_t> changes;  ///< certain ends of whatever was there before
  std::vector<std::size_t> touches;  ///< done or unknown
  std::vector<std::size_t> reads;
  std::unordered_map<WriteId, std::size_t> writes;  ///< puts and extends
  std::unordered_map<std::uint64_t, std::vector<std::size_t>> numbers;  ///< who wrote a number
  std::vector<std::size_t> unknown_counts;  ///< incr and decr that told no number
};

struct Histories {
  std::map<std::uint32_t, KeyHistory> keys;
  std::vector<std::size_t> flushes;
};

Histories split_by_key(const History& history);

}  // namespace bmc::random_test
