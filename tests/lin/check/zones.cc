// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "check/zones.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace bmc::lin {
namespace {

constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

/// Of some clusters the two that were last invoked: one of them is not the one that asks.
struct Latest {
  std::size_t first = kNobody;
  std::size_t second = kNobody;

  Latest with(const std::vector<Cluster>& clusters, std::size_t place) const {
    const auto later_than = [&](std::size_t other) {
      return other == kNobody || clusters[place].last_invocation > clusters[other].last_invocation;
    };
    if (later_than(first)) return {place, first};
    if (later_than(second)) return {first, place};
    return *this;
  }
};

}  // namespace

std::vector<std::pair<std::size_t, std::size_t>> find_conflicts(
    const std::vector<Cluster>& clusters) {
  std::vector<std::size_t> by_answer(clusters.size());
  std::iota(by_answer.begin(), by_answer.end(), std::size_t{0});
  std::sort(by_answer.begin(), by_answer.end(), [&](std::size_t a, std::size_t b) {
    return clusters[a].first_answer < clusters[b].first_answer;
  });
  std::vector<Latest> latest(clusters.size() + 1);
  for (std::size_t i = 0; i < by_answer.size(); i++) {
    latest[i + 1] = latest[i].with(clusters, by_answer[i]);
  }
  std::vector<std::pair<std::size_t, std::size_t>> conflicts;
  std::set<std::size_t> accused;
  for (std::size_t place = 0; place < clusters.size(); place++) {
    // All that partly precede this one; the one of them that was invoked last is the hardest to follow.
    const auto end = std::partition_point(
        by_answer.begin(), by_answer.end(),
        [&](std::size_t other) { return clusters[other].partly_precedes(clusters[place]); });
    const Latest& rivals = latest[static_cast<std::size_t>(end - by_answer.begin())];
    const std::size_t rival = rivals.first == place ? rivals.second : rivals.first;
    if (rival == kNobody || !clusters[place].partly_precedes(clusters[rival])) continue;
    if (accused.contains(place) || accused.contains(rival)) continue;
    accused.insert({place, rival});
    conflicts.emplace_back(place, rival);
  }
  return conflicts;
}

}  // namespace bmc::lin
