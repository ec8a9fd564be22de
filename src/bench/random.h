// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A small, fast, seedable generator (xoshiro256++ by Blackman and Vigna, seeded
// by splitmix64). The same seed draws the same run on every machine, which the
// distributions of the standard library do not promise.
#pragma once

#include <bit>
#include <cstdint>

namespace bmc::bench {

/// One step of splitmix64: also good as a mixing function.
constexpr std::uint64_t mix64(std::uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) noexcept {
    for (auto& word : state_) word = seed = mix64(seed);
  }

  constexpr std::uint64_t next() noexcept {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// Uniform over [0, bound), by multiplication instead of division.
  constexpr std::uint32_t below(std::uint32_t bound) noexcept {
    return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
  }

  /// Uniform over [low, high].
  constexpr std::uint32_t between(std::uint32_t low, std::uint32_t high) noexcept {
    return low +
           static_cast<std::uint32_t>(((next() >> 32) * (std::uint64_t{high} - low + 1)) >> 32);
  }

 private:
  std::uint64_t state_[4]{};
};

}  // namespace bmc::bench
