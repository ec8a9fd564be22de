// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The values of one key. Each put makes a new one, which appends, prepends and counts
// change, so that it goes through states, each made from the one before. A read names its
// state exactly: it lists the writes in the value, or the number, from which the put is known.
#pragma once

#include <vector>

#include "check/cluster.h"
#include "check/violation.h"
#include "history/key_history.h"

namespace bmc::lin {

struct Lifetimes {
  /// One for each put, with all that changed or saw its value, and one for each operation
  /// that certainly ended or changed a value which nobody saw.
  std::vector<Cluster> clusters;
  std::vector<Violation> violations;  ///< what is wrong within a lifetime
  /// The put of each read that is in a lifetime, for what else is to be said of it.
  std::vector<std::pair<std::size_t, std::size_t>> puts_of_reads;
};

Lifetimes sort_out(const History& history, std::uint32_t key, const KeyHistory& of_key,
                   const std::vector<std::size_t>& removes_of_all);

}  // namespace bmc::lin
