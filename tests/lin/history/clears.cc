// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "history/clears.h"

#include <algorithm>

namespace bmc::lin {
namespace {

constexpr Nanoseconds kSecond = 1'000'000'000;

Nanoseconds latest_end(const Op& op) {
  if (op.ttl_s == 0) return latest_effect(op);
  return latest_effect(op) + op.ttl_s * kSecond + kClockSlack;
}

}  // namespace

void settle_delayed_flushes(History& history) {
  std::vector<Op*> clears;
  for (Op& op : history.ops) {
    if (op.key == kAllKeys && op.effect == Effect::kRemove) clears.push_back(&op);
  }
  std::vector<Op*> cancelled;
  for (Op* const flush : clears) {
    const bool is_disturbed = std::ranges::any_of(clears, [&](const Op* other) {
      return other != flush && other->invoked <= latest_end(*flush) &&
             latest_end(*other) >= flush->invoked;
    });
    if (flush->ttl_s != 0 && is_disturbed) cancelled.push_back(flush);
  }
  for (Op* const flush : clears) {
    if (flush->outcome != Outcome::kDone) continue;
    flush->answered = latest_end(*flush);
    flush->ttl_s = 0;
  }
  for (Op* const flush : cancelled) flush->effect = Effect::kNone;
}

/// Whether memcached ended after the unique was asked for and before the cas was answered.
bool is_of_another_life(const Op& read, const std::vector<Op>& ends) {
  return std::ranges::any_of(ends, [&](const Op& end) {
    return read.unique_seen <= end.answered && end.invoked <= latest_effect(read);
  });
}

bool add_clears(History& history, std::istream& lines, std::uint8_t command) {
  Op op;
  op.key = kAllKeys;
  op.effect = Effect::kRemove;
  op.outcome = Outcome::kDone;
  op.command = command;
  std::vector<Op> ends;
  while (lines >> op.invoked) {
    if (!(lines >> op.answered) || op.answered < op.invoked) return false;
    ends.push_back(op);
  }
  for (Op& read : history.ops) {
    if (is_of_another_life(read, ends)) read.effect = Effect::kNone;
  }
  history.ops.insert(history.ops.end(), ends.begin(), ends.end());
  return lines.eof();
}

}  // namespace bmc::lin
