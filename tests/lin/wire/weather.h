// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What a bad wire does to a frame.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <istream>
#include <random>
#include <span>
#include <vector>

#include "wire/port.h"

namespace bmc::lin {

/// Shares of all frames, 0 to 1, in each direction alike.
struct Weather {
  double drop = 0;
  double duplicate = 0;
  double delay = 0;   ///< these arrive up to delay_ms late, and so behind later ones
  double damage = 0;  ///< one bit behind the Ethernet header is turned
  double delay_ms = 0;
};

/// "drop 0.01 duplicate 0.01 delay 0.05 damage 0.001 delay_ms 5"; what is not named is 0.
/// False if a word is not known.
bool parse_weather(std::istream& words, Weather& weather);

struct WeatherCounts {
  std::uint64_t frames = 0;
  std::uint64_t dropped = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t delayed = 0;
  std::uint64_t damaged = 0;
};

/// Whether a second copy changes nothing. TCP sees to that itself, and a client to a reply's
/// datagrams, but memcached executes each request: a write twice would be two writes, and a get
/// twice two replies, whose datagrams have the same numbers and not the same value.
bool may_be_duplicated(std::span<const std::byte> frame, bool is_request);

class Sky {
 public:
  explicit Sky(std::uint64_t seed) : random_(seed) {}

  void set(const Weather& weather) { weather_ = weather; }
  const WeatherCounts& counts() const { return counts_; }

  /// How late each copy of the frame arrives; none: it is lost. May damage it.
  std::vector<std::chrono::microseconds> fate(Frame& frame, bool is_request);

 private:
  bool happens(double share) { return std::uniform_real_distribution<>(0, 1)(random_) < share; }
  void damage(Frame& frame);
  std::chrono::microseconds lateness();

  std::mt19937_64 random_;
  Weather weather_;
  WeatherCounts counts_;
};

}  // namespace bmc::lin
