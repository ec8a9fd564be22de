// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What one connection sends: bytes in the pieces in which they arrive.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace bmc::differential {

struct Piece {
  std::string bytes;
  bool is_looked_at = true;  // memcached and the cache are compared behind it
};

using Stream = std::vector<Piece>;

/// The keys that streams write to; the last two can be named in base64 and
/// binary requests only.
const std::vector<std::string>& keys();
std::string base64(std::string_view bytes);

/// A meta command on a key, whatever its bytes, and the flags behind it.
std::string meta_line(const std::string& command, const std::string& key, const std::string& rest);

/// Chances for those who generate.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(engine_() % limit); }
  bool percent(std::uint32_t share) { return below(100) < share; }

  template <typename Things>
  const auto& one_of(const Things& things) {
    return things[below(static_cast<std::uint32_t>(std::size(things)))];
  }

 private:
  std::mt19937_64 engine_;
};

/// A stream that follows from its seed: of text or binary commands, right or
/// damaged, in pieces of all sizes.
Stream stream_of(std::uint64_t seed);

}  // namespace bmc::differential
