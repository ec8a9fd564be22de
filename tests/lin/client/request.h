// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// One request as the commands compose it: the bytes, how the end of its reply
// is known, and what each kind of reply says about which key.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "history/op.h"

namespace bmc::lin {

enum class Framing {
  kText,             ///< one reply of the text protocol, meta commands included
  kTextUntilMn,      ///< a quiet meta command with `mn` behind it
  kBinary,           ///< one binary response
  kBinaryUntilNoop,  ///< a quiet binary command with a no-op behind it
  kNone,             ///< noreply: over when the connection answers something later
};

struct Request {
  std::string bytes;
  Framing framing = Framing::kText;
  Op op;                               ///< what it does to a key when it is done
  Outcome if_silent = Outcome::kDone;  ///< of op, when a quiet command says nothing
  bool refusal_is_absence = false;     ///< NOT_STORED means that the key is not there
  std::vector<std::uint32_t> reads;    ///< keys whose values the reply shows
  bool has_messages = false;  ///< the reply is several datagrams: one that is missing is not missed
  /// cas: what must still be there when the store succeeds.
  bool has_expected = false;
  Nanoseconds expected_since = kNever;
  std::vector<WriteId> expected_parts;
  std::uint64_t expected_number = 0;
};

}  // namespace bmc::lin
