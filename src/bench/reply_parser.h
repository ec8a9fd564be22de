// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// One unit of memcached's answers at a time, from a buffer that may end
// anywhere: a value with its data, or a line. Nothing is copied; the views
// point into the buffer.
#pragma once

#include <cstdint>
#include <string_view>

namespace bmc::bench {

enum class ReplyKind : std::uint8_t {
  kIncomplete,  ///< more bytes are needed; size is 0
  kMalformed,   ///< not the protocol
  kValue,       ///< VALUE key flags bytes, or VA bytes ...: key (if told), flags, data
  kEnd,         ///< END
  kMiss,        ///< EN
  kStored,      ///< STORED, or HD
  kRefused,     ///< NOT_STORED, EXISTS, NOT_FOUND, NS, EX, NF
  kNoop,        ///< MN
  kError,       ///< ERROR, CLIENT_ERROR, SERVER_ERROR
};

struct Reply {
  ReplyKind kind = ReplyKind::kIncomplete;
  std::size_t size = 0;  ///< bytes of the unit, line ends included
  std::string_view key = {};
  std::uint32_t flags = 0;
  std::string_view data = {};
  std::string_view line = {};  ///< without its line end
};

[[nodiscard]] Reply parse_reply(std::string_view bytes) noexcept;

}  // namespace bmc::bench
