// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "base/units.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace bmc {
namespace {

struct Number {
  double value;
  std::string_view suffix;
};

Result<Number> split_number(std::string_view text, std::string_view examples) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(value) || value < 0) {
    return fail(fmt::format("'{}' does not begin with a number", text), 0,
                fmt::format("write it like {}", examples), ExitCode::kUsage);
  }
  return Number{value, text.substr(static_cast<std::size_t>(end - text.data()))};
}

template <std::size_t N>
Result<double> scale(std::string_view text,
                     const std::array<std::pair<std::string_view, double>, N>& units,
                     std::string_view examples) {
  const auto number = split_number(text, examples);
  if (!number) return std::unexpected(number.error());
  for (const auto& [suffix, factor] : units) {
    if (number->suffix == suffix) return number->value * factor;
  }
  return fail(fmt::format("'{}' has no unit known here", text), 0,
              fmt::format("write it like {}", examples), ExitCode::kUsage);
}

constexpr std::array<std::pair<std::string_view, double>, 7> kByteUnits{{{"", 1},
                                                                         {"K", 1024.0},
                                                                         {"M", 1048576.0},
                                                                         {"G", 1073741824.0},
                                                                         {"KiB", 1024.0},
                                                                         {"MiB", 1048576.0},
                                                                         {"GiB", 1073741824.0}}};

constexpr std::array<std::pair<std::string_view, double>, 6> kTimeUnits{
    {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}}};

}  // namespace

Result<std::uint64_t> parse_bytes(std::string_view text) {
  const auto bytes = scale(text, kByteUnits, "64K, 256M or 2G");
  if (!bytes) return std::unexpected(bytes.error());
  if (*bytes >= static_cast<double>(std::numeric_limits<std::int64_t>::max())) {
    return fail(fmt::format("'{}' is too large", text), 0, {}, ExitCode::kUsage);
  }
  return static_cast<std::uint64_t>(*bytes);
}

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const auto ns = scale(text, kTimeUnits, "250ms, 5s or 2m");
  if (!ns) return std::unexpected(ns.error());
  if (*ns >= static_cast<double>(std::numeric_limits<std::int64_t>::max())) {
    return fail(fmt::format("'{}' is too long", text), 0, {}, ExitCode::kUsage);
  }
  return std::chrono::nanoseconds(static_cast<std::int64_t>(*ns));
}

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) value /= 1024, unit++;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string format_count(double count) {
  if (count < 1e4) return fmt::format("{:.0f}", count);
  if (count < 1e6) return fmt::format("{:.1f} k", count / 1e3);
  if (count < 1e9) return fmt::format("{:.2f} M", count / 1e6);
  return fmt::format("{:.2f} G", count / 1e9);
}

std::string format_duration(std::chrono::nanoseconds duration) {
  const auto ns = static_cast<double>(duration.count());
  if (ns < 1e3) return fmt::format("{} ns", duration.count());
  if (ns < 1e6) return fmt::format("{:.2f} us", ns / 1e3);
  if (ns < 1e9) return fmt::format("{:.2f} ms", ns / 1e6);
  return fmt::format("{:.2f} s", ns / 1e9);
}

}  // namespace bmc
