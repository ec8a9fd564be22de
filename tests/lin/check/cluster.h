// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Operations that belong to one value of a key, and the zone that they claim for it:
// P. B. Gibbons, E. Korach: Testing Shared Memories, SIAM J. Comput. 26(4), 1997.
#pragma once

#include <cstddef>
#include <limits>

#include "history/op.h"

namespace bmc::lin {

/// An operation, and what shows that it belongs to the value: itself, or a read that saw it.
struct Member {
  std::size_t op = 0;
  std::size_t evidence = 0;
};

struct Cluster {
  Nanoseconds first_answer = kNever;
  Nanoseconds last_invocation = std::numeric_limits<Nanoseconds>::min();
  Member first_answered;
  Member last_invoked;
  std::size_t writer = 0;  ///< the put, or the only operation

  void add(const History& history, Member member) {
    const Op& op = history.ops[member.op];
    if (op.answered < first_answer) {
      first_answer = op.answered;
      first_answered = member;
    }
    if (op.invoked > last_invocation) {
      last_invocation = op.invoked;
      last_invoked = member;
    }
  }

  /// Whether something in here was over before something in there began.
  bool partly_precedes(const Cluster& other) const {
    return first_answer < other.last_invocation;
  }
};

inline Cluster single(const History& history, std::size_t index) {
  Cluster cluster;
  cluster.add(history, {index, index});
  cluster.writer = index;
  return cluster;
}

}  // namespace bmc::lin
