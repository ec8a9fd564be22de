// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "memcached/stats.h"

#include "base/text.h"

namespace bmc {

std::string_view Stats::text(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string_view{} : std::string_view(found->second);
}

std::optional<std::uint64_t> Stats::number(std::string_view name) const {
  return parse_number<std::uint64_t>(text(name));
}

bool Stats::has_prefix(std::string_view prefix) const {
  const auto first = values_.lower_bound(prefix);
  return first != values_.end() && first->first.starts_with(prefix);
}

Parsed<Stats> parse_stats(std::string_view received) {
  constexpr std::string_view kStat = "STAT ";
  Stats stats;
  std::size_t at = 0;
  for (;;) {
    const auto end = received.find("\r\n", at);
    if (end == std::string_view::npos) return Parsed<Stats>::partial();
    std::string_view line = received.substr(at, end - at);
    at = end + 2;
    if (line == "END") return Parsed<Stats>::whole(std::move(stats), at);
    if (!line.starts_with(kStat)) return Parsed<Stats>::malformed();
    line.remove_prefix(kStat.size());
    const std::string_view name = cut(line, ' ');
    stats.add(name, line);
  }
}

}  // namespace bmc
