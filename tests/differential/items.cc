// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "items.h"

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "stream.h"

namespace bmc::differential {
namespace {

constexpr std::uint64_t kNsPerS = 1'000'000'000;
constexpr std::uint32_t kUptimeOffset = 60;  // the clock is that much before its uptime
constexpr std::uint64_t kLagS = 3;           // of memcached's timer

/// The next line of @text from @at, without its CRLF.
std::string next_line(const std::string& text, std::size_t& at) {
  const std::size_t end = text.find("\r\n", at);
  if (end == std::string::npos) throw Gone{"no line in " + text};
  const std::string line = text.substr(at, end - at);
  at = end + 2;
  return line;
}

Item item_from(const std::string& line) {
  Item item;
  std::size_t at = line.find(' ', 3);
  while (at != std::string::npos && at + 1 < line.size()) {
    const char* value = line.c_str() + at + 2;
    switch (line[at + 1]) {
      case 't':
        item.ttl_s = std::strtoll(value, nullptr, 10);
        break;
      case 'f':
        item.flags = static_cast<std::uint32_t>(std::strtoul(value, nullptr, 10));
        break;
      case 'c':
        item.cas = std::strtoull(value, nullptr, 10);
        break;
      case 'W':
      case 'X':
      case 'Z':
        item.is_odd = true;
        break;
      default:
        throw Gone{"odd reply " + line};
    }
    at = line.find(' ', at + 1);
  }
  return item;
}

std::uint64_t statistic(const std::string& stats, const std::string& name) {
  const std::size_t at = stats.find("STAT " + name + " ");
  if (at == std::string::npos) throw Gone{"no statistic " + name};
  return std::strtoull(stats.c_str() + at + name.size() + 6, nullptr, 10);
}

}  // namespace

Items items_of(Server& server) {
  std::string requests;
  for (const std::string& key : keys()) requests += meta_line("mg", key, " t f c v");
  const std::string replies = server.ask(requests);
  Items items;
  std::size_t at = 0;
  for (const std::string& key : keys()) {
    const std::string line = next_line(replies, at);
    if (line == "EN") {
      items[key] = std::nullopt;
      continue;
    }
    if (!line.starts_with("VA ")) throw Gone{"odd reply " + line};
    Item item = item_from(line);
    const std::size_t bytes = std::strtoull(line.c_str() + 3, nullptr, 10);
    item.data = replies.substr(at, bytes);
    at += bytes + 2;
    items[key] = item;
  }
  return items;
}

std::uint64_t monotonic_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kNsPerS + static_cast<std::uint64_t>(now.tv_nsec);
}

Clock clock_of(Server& server) {
  const std::uint64_t before_s = monotonic_ns() / kNsPerS;
  const std::string stats = server.ask("stats\r\n");
  const std::uint64_t clock_s = statistic(stats, "uptime") + kUptimeOffset;
  return {.start_low_ns = before_s > clock_s + kLagS ? (before_s - clock_s - kLagS) * kNsPerS : 0,
          .floor_s = static_cast<std::uint32_t>(clock_s),
          .process_started_s = statistic(stats, "time") - clock_s,
          .flushes = statistic(stats, "cmd_flush")};
}

}  // namespace bmc::differential
