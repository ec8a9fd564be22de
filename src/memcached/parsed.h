// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What a parser says of the bytes received so far.
#pragma once

#include <cstddef>
#include <utility>

namespace bmc {

enum class Parse {
  kWhole,      ///< value is set and takes `bytes` bytes
  kPartial,    ///< nothing wrong yet, but more bytes are needed
  kMalformed,  ///< the stream cannot be followed any further
};

template <typename T>
struct Parsed {
  Parse state = Parse::kPartial;
  T value{};
  std::size_t bytes = 0;

  static Parsed whole(T value, std::size_t bytes) {
    return {Parse::kWhole, std::move(value), bytes};
  }
  static Parsed partial() { return {Parse::kPartial, {}, 0}; }
  static Parsed malformed() { return {Parse::kMalformed, {}, 0}; }
};

}  // namespace bmc
