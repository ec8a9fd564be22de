// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Whether the values of one key can have followed each other.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "check/cluster.h"

namespace bmc::lin {

/// Pairs of clusters (their places) of which each would have to come before the other; no cluster
/// is in two pairs. None: there is an order of all clusters in which
/// each is done before the next begins and which real time allows (Gibbons and Korach,
/// theorem 4.1: no two forward zones overlap, no backward zone lies in a forward one).
/// O(n log n).
std::vector<std::pair<std::size_t, std::size_t>> find_conflicts(
    const std::vector<Cluster>& clusters);

}  // namespace bmc::lin
