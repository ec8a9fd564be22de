// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "check/checker.h"

#include <algorithm>

#include "check/expiry.h"
#include "check/lifetimes.h"
#include "check/zones.h"
#include "history/key_history.h"

namespace bmc::lin {
namespace {

/// Of two values each came partly before the other. Each side is witnessed by what was over and what
/// had not begun, and by what shows that these belong to the value.
Violation conflict(std::uint32_t key, const Cluster& a, const Cluster& b) {
  std::vector<std::size_t> ops;
  for (const Cluster* cluster : {&a, &b}) {
    ops.push_back(cluster->writer);
    for (const Member& member : {cluster->first_answered, cluster->last_invoked}) {
      ops.insert(ops.end(), {member.op, member.evidence});
    }
  }
  std::sort(ops.begin(), ops.end());
  ops.erase(std::unique(ops.begin(), ops.end()), ops.end());
  return {Fault::kStale, key, std::move(ops)};
}

void check_key(const History& history, std::uint32_t key, const KeyHistory& of_key,
               const std::vector<std::size_t>& removes_of_all, std::vector<Violation>& found) {
  Lifetimes lifetimes = sort_out(history, key, of_key, removes_of_all);
  for (Violation& violation : lifetimes.violations) found.push_back(std::move(violation));
  for (const auto& [a, b] : find_conflicts(lifetimes.clusters)) {
    found.push_back(conflict(key, lifetimes.clusters[a], lifetimes.clusters[b]));
  }
  const Expiry expiry(history, of_key.touches);
  for (const auto& [read, put] : lifetimes.puts_of_reads) {
    const auto lifetime = expiry.certainly_over(put, read);
    if (lifetime && *lifetime == put) found.push_back({Fault::kExpired, key, {put, read}});
    if (lifetime && *lifetime != put) found.push_back({Fault::kExpired, key, {put, *lifetime, read}});
  }
}

Nanoseconds end_of(const History& history, const Violation& violation) {
  Nanoseconds end = 0;
  for (const std::size_t index : violation.ops) end = std::max(end, history.ops[index].invoked);
  return end;
}

}  // namespace

const char* describe(Fault fault) {
  switch (fault) {
    case Fault::kGarbled: return "bytes that nobody wrote";
    case Fault::kUnknown: return "a value that nobody wrote to this key";
    case Fault::kRefused: return "the value of a refused write";
    case Fault::kFuture: return "a value from the future";
    case Fault::kDiverged: return "two values that cannot come from each other";
    case Fault::kStale: return "a stale value";
    case Fault::kExpired: return "an expired value";
  }
  return "";
}

std::vector<Violation> check(const History& history) {
  const Histories all = split_by_key(history);
  std::vector<Violation> violations;
  for (const auto& [key, of_key] : all.keys) {
    check_key(history, key, of_key, all.removes, violations);
  }
  std::sort(violations.begin(), violations.end(), [&](const Violation& a, const Violation& b) {
    return end_of(history, a) < end_of(history, b);
  });
  return violations;
}

}  // namespace bmc::lin
