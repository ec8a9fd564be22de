// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Cuts memcached's replies out of the bytes received, whatever the transport.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/request.h"

namespace bmc::lin {

enum class Status {
  kDone,      ///< STORED, DELETED, HD, a value, a number, ...
  kAbsent,    ///< NOT_FOUND, NF, EN, END without a value
  kRefused,   ///< NOT_STORED, NS, EXISTS, EX
  kTooLarge,  ///< the store failed, and the old value is gone
  kFailed,    ///< any other error: what it did is unknown
  kGarbled,   ///< no reply of memcached's
  kSilent,    ///< a quiet command said nothing
};

struct SeenValue {
  std::string key;  ///< empty: the one that was asked for
  std::string data;
  std::optional<std::uint32_t> flags;
  std::optional<std::uint64_t> cas;
};

struct Reply {
  Status status = Status::kFailed;
  std::optional<std::uint64_t> number;
  std::vector<SeenValue> values;
};

/// Takes one whole reply off the front of buffer; nullopt while it is not all there.
std::optional<Reply> take_reply(Framing framing, std::string& buffer);

}  // namespace bmc::lin
