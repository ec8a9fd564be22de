// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "checker.h"

#include <algorithm>
#include <optional>
#include <span>
#include <unordered_map>

#include "expiry.h"
#include "key_history.h"

namespace bmc::random_test {
namespace {

/// An acknowledged change that lies wholly inside (after, before) and is none of `parts`.
std::optional<std::size_t> change_between(const History& history,
                                          const std::vector<std::size_t>& changes,
                                          Nanoseconds after, Nanoseconds before,
                                          std::span<const std::size_t> parts) {
  const auto& ops = history.ops;
  auto change = std::upper_bound(changes.begin(), changes.end(), after,
                                 [&](Nanoseconds t, std::size_t i) { return t < ops[i].invoked; });
  for (; change != changes.end() && ops[*change].invoked < before; ++change) {
    const bool is_part = std::find(parts.begin(), parts.end(), *change) != parts.end();
    if (!is_part && ops[*change].answered < before) return *change;
  }
  return std::nullopt;
}

/// Judges the reads of one key.
class KeyChecker {
 public:
  KeyChecker(const History& history, const KeyHistory& key, const std::vector<std::size_t>& flushes)
      : history_(history), key_(key), flushes_(flushes) {}

  std::optional<Violation> judge(std::size_t read) const {
    const Op& op = history_.ops[read];
    if (op.garbled) return Violation{Fault::kGarbled, read, {}, read};
    return op.key >= history_.counters_from ? judge_number(read) : judge_value(read);
  }

 private:
  /// A read of a value made of `parts`, the put first; nullopt if it was right.
  std::optional<Violation> judge_parts(std::size_t read, std::vector<std::size_t> parts) const {
    const auto& ops = history_.ops;
    Nanoseconds alive_until = ops[read].invoked;
    for (const std::size_t part : parts) {
      const Op& write = ops[part];
      if (write.outcome == Outcome::kRefused) return Violation{Fault::kRefused, read, parts, part};
      if (write.invoked > ops[read].answered) return Violation{Fault::kFuture, read, parts, part};
      alive_until = std::max(alive_until, write.invoked);
    }
    const Nanoseconds born_by = ops[parts.front()].answered;
    if (born_by == kNever) return std::nullopt;
    for (const auto* changes : {&key_.changes, &flushes_}) {
      if (const auto change = change_between(history_, *changes, born_by, alive_until, parts)) {
        return Violation{Fault::kOverwritten, read, parts, *change};
      }
    }
    const Expiry expiry(history_, key_.touches);
    if (const auto lifetime = expiry.certainly_over(parts.front(), read)) {
      return Violation{Fault::kExpired, read, parts, *lifetime};
    }
    return std::nullopt;
  }

  std::optional<Violation> judge_value(std::size_t read) const {
    const Op& op = history_.ops[read];
    std::vector<std::size_t> parts;
    for (std::uint32_t i = 0; i < op.part_count; i++) {
      const auto write = key_.writes.find(history_.parts[op.parts + i]);
      if (write == key_.writes.end()) return Violation{Fault::kUnknown, read, parts, read};
      parts.push_back(write->second);
    }
    return judge_parts(read, std::move(parts));
  }

  /// The same number may have been written more than once; one good
  /// explanation is enough.
  std::optional<Violation> judge_number(std::size_t read) const {
    std::optional<Violation> first;
    const auto written = key_.numbers.find(history_.ops[read].number);
    if (written != key_.numbers.end()) {
      for (const std::size_t write : written->second) {
        const auto violation = judge_parts(read, {write});
        if (!violation) return std::nullopt;
        if (!first || violation->fault == Fault::kOverwritten) first = violation;
      }
    }
    for (const std::size_t count : key_.unknown_counts) {
      if (!judge_parts(read, {count})) return std::nullopt;
    }
    return first ? first : Violation{Fault::kUnknown, read, {}, read};
  }

  const History& history_;
  const KeyHistory& key_;
  const std::vector<std::size_t>& flushes_;
};

}  // namespace

const char* describe(Fault fault) {
  switch (fault) {
    case Fault::kGarbled: return "bytes that nobody wrote";
    case Fault::kUnknown: return "a value that nobody wrote to this key";
    case Fault::kRefused: return "the value of a refused write";
    case Fault::kFuture: return "a value from the future";
    case Fault::kOverwritten: return "a stale value";
    case Fault::kExpired: return "an expired value";
  }
  return "";
}

std::vector<Violation> check(const History& history) {
  const Histories all = split_by_key(history);
  std::vector<Violation> violations;
  for (const auto& [key, key_history] : all.keys) {
    const KeyChecker checker(history, key_history, all.flushes);
    for (const std::size_t read : key_history.reads) {
      if (auto violation = checker.judge(read)) violations.push_back(std::move(*violation));
    }
  }
  std::sort(violations.begin(), violations.end(), [&](const Violation& a, const Violation& b) {
    return history.ops[a.read].invoked < history.ops[b.read].invoked;
  });
  return violations;
}

}  // namespace bmc::random_test
