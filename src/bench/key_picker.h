// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Which key comes next: uniform, or Zipf with exponent s, where key number i
// has weight 1/(i+1)^s, so key 0 is the hottest. Zipf draws from a precomputed
// alias table (Walker, Vose): one random number and one cache line a draw,
// whatever the exponent.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/random.h"

namespace bmc::bench {

class KeyPicker {
 public:
  static KeyPicker uniform(std::uint32_t count) { return KeyPicker(count, {}); }
  static KeyPicker zipf(std::uint32_t count, double exponent);

  std::uint32_t pick(Random& random) const noexcept {
    if (columns_.empty()) return random.below(count_);
    const std::uint64_t bits = random.next();
    const auto column = static_cast<std::uint32_t>(((bits >> 32) * count_) >> 32);
    const Column& chosen = columns_[column];
    return static_cast<std::uint32_t>(bits) < chosen.threshold ? column : chosen.alias;
  }

 private:
  /// A column of the alias table: its own key below the threshold, the alias above.
  struct Column {
    std::uint32_t threshold;  // of 2^32
    std::uint32_t alias;
  };

  KeyPicker(std::uint32_t count, std::vector<Column> columns)
      : count_(count), columns_(std::move(columns)) {}

  std::uint32_t count_;
  std::vector<Column> columns_;  // empty: uniform
};

}  // namespace bmc::bench
