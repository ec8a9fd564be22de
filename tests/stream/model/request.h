// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A request, and every byte of its reply.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bmc::stream {

enum class Kind : std::uint8_t {
  kGet,
  kMultiGet,
  kMetaGet,
  kQuietMetaGet,
  kSet,
  kSetNoreply,
  kMetaSet,
  kQuietMetaSet,
  kDelete,
  kTouch,
  kIncr,
  kNoop,
  kHello,  ///< the first of a connection: a meta get of a key that names the connection
};

inline constexpr std::array<std::string_view, 13> kKindNames = {
    "get",         "multi_get", "meta_get",       "quiet_meta_get", "set",
    "set_noreply", "meta_set",  "quiet_meta_set", "delete",         "touch",
    "incr",        "noop",      "hello"};

struct Request {
  Kind kind = Kind::kNoop;
  std::string bytes;
  std::string reply;  ///< empty: nothing is answered
  /// A get of which every key is there, so that somebody before memcached may have answered it.
  bool is_servable = false;
};

}  // namespace bmc::stream
