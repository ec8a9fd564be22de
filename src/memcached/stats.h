// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Answers to `stats` and `stats settings` (protocol.txt "Statistics").
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "memcached/parsed.h"

namespace bmc {

class Stats {
 public:
  /// The text behind the name; empty if there is none such.
  std::string_view text(std::string_view name) const;
  std::optional<std::uint64_t> number(std::string_view name) const;
  bool has_prefix(std::string_view prefix) const;

  void add(std::string_view name, std::string_view value) { values_.emplace(name, value); }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

/// "STAT name value\r\n" ... "END\r\n".
Parsed<Stats> parse_stats(std::string_view received);

}  // namespace bmc
