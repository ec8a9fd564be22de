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

#include "op.h"

namespace bmc::random_test {

enum class TokenKind : char { kPut = 'B', kAppend = 'A', kPrepend = 'P' };

/// "<B 123 40>" and 40 bytes of filler, line ends and reply words among them.
std::string compose_token(TokenKind kind, WriteId id, std::size_t filler_bytes);

/// The item flags that go with a put.
std::uint32_t flags_of(WriteId id);

/// The writes in a value, the put first; empty if it is not what writers compose.
std::vector<WriteId> parse_value(std::string_view value);

/// Counters start at a number that names their put.
inline std::uint64_t counter_base(WriteId id) { return id * std::uint64_t{100000} + 50000; }

/// The number in a counter's value, which decr may have padded; false if there is none.
bool parse_number(std::string_view value, std::uint64_t& number);

}  // namespace bmc::random_test
