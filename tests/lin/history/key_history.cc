// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "history/key_history.h"

#include <algorithm>
#include <numeric>

namespace bmc::lin {
namespace {

/// A miss is one: only memcached ever answers it, and evicts nothing here.
bool is_certain_remove(const Op& op) {
  return op.outcome == Outcome::kDone &&
         (op.effect == Effect::kRemove || op.effect == Effect::kMiss);
}

void add_write(KeyHistory& key, std::vector<std::size_t>& done, const Op& op, std::size_t index) {
  key.writes.emplace(op.id, index);
  if (op.outcome == Outcome::kDone) done.push_back(index);
}

void add(KeyHistory& key, const History& history, std::size_t index) {
  const Op& op = history.ops[index];
  if (is_certain_remove(op)) key.removes.push_back(index);
  switch (op.effect) {
    case Effect::kRead: key.reads.push_back(index); break;
    case Effect::kPut: add_write(key, key.puts, op, index); break;
    case Effect::kExtend: add_write(key, key.extends, op, index); break;
    case Effect::kCount:
      add_write(key, key.counts, op, index);
      if (op.outcome == Outcome::kUnknown) key.unknown_counts.push_back(index);
      break;
    case Effect::kTouch:
      if (op.outcome != Outcome::kRefused) key.touches.push_back(index);
      break;
    default: break;
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
    if (op.key != kAllKeys) {
      add(all.keys[op.key], history, index);
    } else if (is_certain_remove(op)) {
      all.removes.push_back(index);
    }
  }
  return all;
}

}  // namespace bmc::lin
