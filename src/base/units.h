// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Quantities as people write them: sizes with binary suffixes, durations with
// their unit, and the same the other way round for tables.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace bmc {

/// "64K", "256M", "2G", "4096": bytes, suffixes are powers of 1024.
Result<std::uint64_t> parse_bytes(std::string_view text);

/// "250ms", "5s", "2m", "1h": a bare number is refused, the unit is not to be guessed.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// 1536 -> "1.5 KiB".
std::string format_bytes(std::uint64_t bytes);

/// 1234567 -> "1.23 M"; below 10 000 as it is.
std::string format_count(double count);

/// 1500 ns -> "1.50 us".
std::string format_duration(std::chrono::nanoseconds duration);

}  // namespace bmc
