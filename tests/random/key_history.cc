// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "key_history.h"

#include <algorithm>
#include <numeric>

namespace bmc::random_test {
namespace {

bool is_certain_change(const History& history, const Op& op) {
  if (op.outcome != Outcome::kDone) return false;
  switch (op.effect) {
    case Effect::kPut:
    case Effect::kExtend:
    case Effect::kCount:
    case Effect::kRemove: return true;
    case Effect::kMiss: return history.misses_prove;
    default: return false;
  }
}

void add_write(KeyHistory& key, const Op& op, std::size_t index) {
  key.writes.emplace(op.id, index);
  if (op.outcome == Outcome::kRefused) return;
  if (op.effect == Effect::kCount && op.outcome == Outcome::kUnknown) {
    key.unknown_counts.push_back(index);
  } else {
    key.numbers[op.number].push_back(index);
  }
}

}  // namespace

Histories split_by_key(const History& history) {
  std::vector<std::size_t> order(history.ops.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return history.ops[a].invoked < history.ops[b].invoked;
  });

  Histories all;
  for (const std::size_t index : order) {
    const Op& op = history.ops[index];
    if (op.key == kAllKeys) {
      if (is_certain_change(history, op)) all.flushes.push_back(index);
      continue;
    }
    KeyHistory& key = all.keys[op.key];
    if (is_certain_change(history, op)) key.changes.push_back(index);
    if (op.effect == Effect::kRead) key.reads.push_back(index);
    if (op.effect == Effect::kTouch && op.outcome != Outcome::kRefused) {
      key.touches.push_back(index);
    }
    if (op.effect == Effect::kPut || op.effect == Effect::kExtend ||
        op.effect == Effect::kCount) {
      add_write(key, op, index);
    }
  }
  return all;
}

}  // namespace bmc::random_test
