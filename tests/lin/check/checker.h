// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Judges a history: is it linearizable, key by key, as a register that may be empty? Every
// value names its writes, so what is to be decided is the order of a key's values alone, which
// takes O(n log n) (cluster.h has the paper). Linearizability is local (M. P. Herlihy, J. M. Wing:
// Linearizability, ACM TOPLAS 12(3), 1990, theorem 1), so keys are judged apart.
//
// A key may become empty at any moment: values expire, a flush also ends what is stored in
// the rest of its second, a cache may miss. But as only memcached answers a miss, and while it
// evicts nothing, a miss says that the key was empty then: it is a remove.
//
// What was not answered may have taken effect at any time since or never. A time to live
// is judged apart (expiry.h). No correct history is accused; against that of a search through all orders
// (Wing and Gong's) the verdict is tested in checker_test.cc.
#pragma once

#include <vector>

#include "check/violation.h"
#include "history/op.h"

namespace bmc::lin {

/// In order of time.
std::vector<Violation> check(const History& history);

}  // namespace bmc::lin
