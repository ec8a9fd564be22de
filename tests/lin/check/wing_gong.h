// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Linearizability of one key's small history by trying all orders: J. M. Wing, C. Gong: Testing and
// Verifying Concurrent Objects, J. Parallel Distrib. Comput. 17, 1993. Exponential; what
// the checker's verdicts are compared with.
#pragma once

#include <set>
#include <vector>

#include "history/op.h"

namespace bmc::lin {

class WingGong {
 public:
  explicit WingGong(const History& history) : history_(history) {}

  bool is_linearizable() { return extend({}); }

 private:
  using Value = std::set<WriteId>;  ///< the writes in it; empty: there is none

  bool extend(const Value& value) {
    bool is_over = true;
    for (std::size_t next = 0; next < history_.ops.size(); next++) {
      if (done_.contains(next)) continue;
      is_over &= history_.ops[next].outcome != Outcome::kDone;
      Value changed = value;
      if (history_.ops[next].outcome == Outcome::kRefused || !may_be_next(next) ||
          !apply(history_.ops[next], changed)) {
        continue;
      }
      done_.insert(next);
      if (extend(changed)) return true;
      done_.erase(next);
    }
    return is_over;
  }

  /// Whether nothing that is left to do was answered before this was invoked.
  bool may_be_next(std::size_t next) const {
    for (std::size_t other = 0; other < history_.ops.size(); other++) {
      if (!done_.contains(other) && history_.ops[other].outcome == Outcome::kDone &&
          history_.ops[other].answered < history_.ops[next].invoked) {
        return false;
      }
    }
    return true;
  }

  bool apply(const Op& op, Value& value) const {
    switch (op.effect) {
      case Effect::kPut: value = {op.id}; break;
      case Effect::kRemove:
      case Effect::kMiss: value.clear(); break;
      case Effect::kExtend:
        if (!value.empty()) value.insert(op.id);
        break;
      case Effect::kRead: {
        const auto from = history_.parts.begin() + op.parts;
        return value == Value(from, from + op.part_count);
      }
      default: break;
    }
    return true;
  }

  const History& history_;
  std::set<std::size_t> done_;
};

}  // namespace bmc::lin
