// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What memcached holds, as it says itself.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "server.h"

namespace bmc::differential {

struct Item {
  std::string data;
  std::uint32_t flags = 0;
  std::uint64_t cas = 0;
  std::int64_t ttl_s = -1;  // -1: never expires
  bool is_odd = false;      // marked stale, or being recached

  bool operator==(const Item& other) const = default;
};

using Items = std::map<std::string, std::optional<Item>>;

/// All keys() of the server.
Items items_of(Server& server);

struct Clock {
  std::uint64_t start_low_ns;  // CLOCK_MONOTONIC at clock 0 was not before this
  std::uint32_t floor_s;       // the clock has reached this
  std::uint64_t process_started_s;
  std::uint64_t flushes;  // that memcached has executed
};

Clock clock_of(Server& server);
std::uint64_t monotonic_ns();

}  // namespace bmc::differential
