// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A history sorted out by key. All numbers are indices into History::ops, in
// order of invocation.
#pragma once

#include <cstddef>
#include <map>
#include <unordered_map>
#include <vector>

#include "history/op.h"

namespace bmc::lin {

struct KeyHistory {
  std::vector<std::size_t> reads;    ///< that saw a value
  std::vector<std::size_t> removes;  ///< certain ends of whatever was there: removes, misses
  std::vector<std::size_t> puts;     ///< done
  std::vector<std::size_t> extends;  ///< done
  std::vector<std::size_t> counts;   ///< done: each also saw the number that it made
  std::vector<std::size_t> touches;  ///< done or unknown
  std::vector<std::size_t> unknown_counts;          ///< incr and decr that told no number
  std::unordered_map<WriteId, std::size_t> writes;  ///< every put, extend and count, refused ones too
};

struct Histories {
  std::map<std::uint32_t, KeyHistory> keys;
  std::vector<std::size_t> removes;  ///< of all keys at once
};

Histories split_by_key(const History& history);

}  // namespace bmc::lin
