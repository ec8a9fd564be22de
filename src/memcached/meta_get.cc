// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "memcached/meta_get.h"

#include <algorithm>

#include "base/text.h"
#include "bmc/abi.h"

namespace bmc {
namespace {

// Far above any answer's line: "VA", a size, five flags, one of them the key.
constexpr std::size_t kLineMax = 512;
constexpr std::uint64_t kDataMax = 1u << 30;             // memcached's limit of -I
constexpr std::int64_t kTtlEnd = std::int64_t{1} << 31;  // from here on it wrapped around

struct Flags {
  bool t = false, f = false, c = false, s = false, k = false;
  bool other = false;

  bool all() const { return t && f && c && s && k; }
};

template <typename T>
bool read_once(std::string_view digits, T& value, bool& seen) {
  const auto number = parse_number<T>(digits);
  if (!number || seen) return false;
  value = *number;
  return seen = true;
}

/// One returned flag. False if it is not of the form that was asked for.
bool read_flag(std::string_view word, std::uint64_t data_bytes, Flags& seen, MetaValue& value) {
  if (word.empty()) return false;
  const std::string_view rest = word.substr(1);
  switch (word.front()) {
    case 't':
      return read_once(rest, value.ttl_s, seen.t);
    case 'f':
      return read_once(rest, value.client_flags, seen.f);
    case 'c':
      return read_once(rest, value.cas, seen.c);
    case 's': {
      std::uint64_t size = 0;
      return read_once(rest, size, seen.s) && size == data_bytes;
    }
    case 'k':
      if (seen.k) return false;
      value.key = rest;
      return seen.k = true;
    default:
      seen.other = true;  // W, X, Z, b: known, and reasons not to cache
      return true;
  }
}

}  // namespace

bool is_text_key(std::string_view key) {
  const auto fits = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7f;
  };
  return !key.empty() && key.size() <= BMC_KEY_MAX && std::all_of(key.begin(), key.end(), fits);
}

void append_meta_get(std::string& request, std::string_view key) {
  request.append("mg ").append(key).append(" t f v c s k\r\n");
}

Parsed<MetaValue> parse_meta_value(std::string_view received) {
  using Answer = Parsed<MetaValue>;
  const auto end = received.substr(0, kLineMax).find("\r\n");
  if (end == std::string_view::npos) {
    return received.size() < kLineMax ? Answer::partial() : Answer::malformed();
  }
  const std::size_t data_at = end + 2;
  std::string_view line = received.substr(0, end);
  const std::string_view verb = cut(line, ' ');
  if (verb == "EN") return Answer::whole({}, data_at);
  if (verb == "ERROR" || verb == "CLIENT_ERROR" || verb == "SERVER_ERROR") {
    return Answer::whole({.kind = MetaValue::Kind::kError}, data_at);
  }
  const auto data_bytes = parse_number<std::uint64_t>(cut(line, ' '));
  if (verb != "VA" || !data_bytes || *data_bytes > kDataMax) return Answer::malformed();

  MetaValue value;
  Flags seen;
  while (!line.empty()) {
    if (!read_flag(cut(line, ' '), *data_bytes, seen, value)) return Answer::malformed();
  }
  if (!seen.all()) return Answer::malformed();
  if (received.size() < data_at + *data_bytes + 2) return Answer::partial();
  if (received.substr(data_at + *data_bytes, 2) != "\r\n") return Answer::malformed();
  value.data = received.substr(data_at, *data_bytes);
  const bool ttl_fits = value.ttl_s >= -1 && value.ttl_s < kTtlEnd;
  value.kind = seen.other || !ttl_fits ? MetaValue::Kind::kRefuse : MetaValue::Kind::kValue;
  return Answer::whole(value, data_at + *data_bytes + 2);
}

}  // namespace bmc
