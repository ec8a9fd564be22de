// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Values that tell who wrote them. A value is a row of tokens, one for each
// write: one put and the appends and prepends since. A token names its write
// and is followed by filler that only this write has, so that a value mixed
// from two writes, cut or damaged cannot pass for a good one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "history/op.h"

namespace bmc::lin {

enum class TokenKind : char { kPut = 'B', kAppend = 'A', kPrepend = 'P' };

/// "<B 123 40>" and 40 bytes of filler, line ends and reply words among them.
std::string compose_token(TokenKind kind, WriteId id, std::size_t filler_bytes);

/// The item flags that go with a put.
std::uint32_t flags_of(WriteId id);

/// The writes in a value, the put first; empty if it is not what writers compose.
std::vector<WriteId> parse_value(std::string_view value);

/// Counters start at a number that names their put, and are counted up only or down only, so
/// that no number comes twice and each still tells its put.
inline constexpr std::uint64_t kCounterSpan = 100'000;
inline std::uint64_t counter_base(WriteId id) { return id * kCounterSpan + kCounterSpan / 2; }
inline WriteId counter_put(std::uint64_t number) {
  return static_cast<WriteId>(number / kCounterSpan);
}
/// How far it was counted from its put.
inline std::uint64_t counter_steps(std::uint64_t number) {
  const std::uint64_t base = counter_base(counter_put(number));
  return number > base ? number - base : base - number;
}

/// The number in a counter's value, which decr may have padded; false if there is none.
bool parse_number(std::string_view value, std::uint64_t& number);

}  // namespace bmc::lin
