// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Random numbers that a seed brings back: splitmix64 (Steele, Lea and Flood, 2014), which is
// fast enough to fill values of 100 kB.
#pragma once

#include <cstdint>

namespace bmc::stream {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  }

  /// Less than @limit, which is not 0.
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }
  /// Both ends included.
  std::uint64_t between(std::uint64_t least, std::uint64_t most) {
    return least + below(most - least + 1);
  }
  bool percent(std::uint32_t share) { return below(100) < share; }

 private:
  std::uint64_t state_;
};

}  // namespace bmc::stream
