// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "check/expiry.h"

#include <algorithm>
#include <iterator>

#include "history/op.h"

namespace bmc::lin {

/// Until when an item with this operation's time to live may be seen.
Nanoseconds Expiry::latest_end(const Op& op) const {
  if (op.ttl_s == kNoTtl) return kNever;
  const Nanoseconds ttl_s = std::max(op.ttl_s, 0);
  return latest_effect(op) + ttl_s * 1'000'000'000 + kClockSlack;
}

/// Whether a touch certainly came after op and before the read.
bool Expiry::is_superseded(const Op& op, const Op& read) const {
  auto touch = std::upper_bound(
      touches_.begin(), touches_.end(), latest_effect(op),
      [&](Nanoseconds t, std::size_t i) { return t < history_.ops[i].invoked; });
  for (; touch != touches_.end() && history_.ops[*touch].invoked < read.invoked; ++touch) {
    const Op& later = history_.ops[*touch];
    if (later.outcome == Outcome::kDone && later.answered < read.invoked) return true;
  }
  return false;
}

std::optional<std::size_t> Expiry::certainly_over(std::size_t put, std::size_t read) const {
  const auto& ops = history_.ops;
  const Op& reader = ops[read];
  std::size_t longest = put;
  const auto still_alive = [&](std::size_t index) {
    if (is_superseded(ops[index], reader)) return false;
    if (latest_end(ops[index]) > latest_end(ops[longest])) longest = index;
    return latest_end(ops[index]) >= reader.invoked;
  };
  if (still_alive(put)) return std::nullopt;
  const auto end = std::upper_bound(
      touches_.begin(), touches_.end(), reader.answered,
      [&](Nanoseconds t, std::size_t i) { return t < ops[i].invoked; });
  // The latest first: it is the one that most likely keeps the value alive.
  for (auto touch = std::make_reverse_iterator(end); touch != touches_.rend(); ++touch) {
    if (latest_effect(ops[*touch]) > ops[put].invoked && still_alive(*touch)) return std::nullopt;
  }
  return longest;
}

}  // namespace bmc::lin
