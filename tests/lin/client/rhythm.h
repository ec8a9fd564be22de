// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// When a key is written. Writes that meet fills and other writes need keys that
// are written all the time; hits, times to live and evictions need keys that are
// left alone for a while. So a third of the keys is always in season, and the
// others are for a short part of each period of their own.
#pragma once

#include <array>
#include <cstdint>

#include "history/op.h"

namespace bmc::lin {

inline bool is_in_season(std::uint32_t key, Nanoseconds now) {
  constexpr std::array<Nanoseconds, 3> kPeriods{0, 400'000'000, 3'000'000'000};
  constexpr Nanoseconds kSeasonsInPeriod = 16;
  const Nanoseconds period = kPeriods[key % kPeriods.size()];
  if (period == 0) return true;
  return (now * kSeasonsInPeriod / period + key * 7) % kSeasonsInPeriod == 0;
}

/// Seldom removed or about to expire: what is missing is asked for less often.
inline bool is_steady(std::uint32_t key) {
  return key % 4 != 3;
}

/// Its values may be too long for one reply: such keys are not asked for again for long.
inline bool is_lengthy(std::uint32_t key) {
  return key % 16 == 9;
}

}  // namespace bmc::lin
