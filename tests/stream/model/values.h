// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What is stored: sizes around what fits a segment, and bytes that do harm where they do not
// belong.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "model/random.h"

namespace bmc::stream {

inline constexpr std::size_t kLargestValue = 100'000;

/// Mostly small, sometimes about as long as one segment holds, seldom several segments.
std::size_t draw_size(Random& random);

/// 16 kB to the largest.
std::size_t draw_large_size(Random& random);

/// No two parts of it are alike, so that bytes from a wrong place show. One in four is full of
/// commands that remove @victim: if memcached takes a value for commands, a get tells.
std::string draw_value(Random& random, std::size_t bytes, std::string_view victim);

}  // namespace bmc::stream
