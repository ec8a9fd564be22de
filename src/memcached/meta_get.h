// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The one meta command that the daemon sends: a key's value with all that is
// needed to cache it, in one answer (protocol.txt "Meta Get").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "memcached/parsed.h"

namespace bmc {

/// Whether the key can stand in a text command: 1 to 250 bytes, none of them
/// blank, control or DEL.
bool is_text_key(std::string_view key);

/// Appends "mg <key> t f v c s k\r\n".
void append_meta_get(std::string& request, std::string_view key);

/// One answer. Views point into what was received.
struct MetaValue {
  enum class Kind {
    kValue,  ///< every field is set
    kMiss,
    kRefuse,  ///< well-formed, but not to be cached: stale, won, binary key, odd TTL
    kError,   ///< memcached refused the command
  };
  Kind kind = Kind::kMiss;
  std::string_view key = {};
  std::string_view data = {};
  std::uint32_t client_flags = 0;
  std::int64_t ttl_s = 0;  ///< -1: never
  std::uint64_t cas = 0;
};

Parsed<MetaValue> parse_meta_value(std::string_view received);

}  // namespace bmc
