// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "check/timeline.h"

#include <algorithm>
#include <set>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "client/wheels.h"

namespace bmc::lin {
namespace {

constexpr std::size_t kColumns = 3;  // from one moment to the next

std::string what_of(const History& history, const Op& op) {
  switch (op.effect) {
    case Effect::kRead: {
      if (op.garbled) return "saw what nobody wrote";
      if (op.key >= history.counters_from) return fmt::format("saw {}", op.number);
      const auto from = history.parts.begin() + op.parts;
      return fmt::format("saw {}", fmt::join(from, from + op.part_count, "+"));
    }
    case Effect::kMiss: return "saw nothing";
    case Effect::kRemove: return "removed";
    case Effect::kTouch: return "touched";
    case Effect::kCount:
      return op.outcome == Outcome::kDone ? fmt::format("counted to {}", op.number) : "counted";
    case Effect::kPut: return fmt::format("wrote {}", op.id);
    case Effect::kExtend: return fmt::format("added {}", op.id);
    default: return "";
  }
}

std::string label_of(const History& history, const Op& op) {
  std::string text = what_of(history, op);
  if (op.ttl_s != kNoTtl) text += fmt::format(" for {} s", op.ttl_s);
  if (op.outcome == Outcome::kRefused) text += ", refused";
  if (op.outcome == Outcome::kUnknown) text += ", perhaps";
  return text;
}

/// |====| between its moments; without an end: |====>
std::string bar_of(const Op& op, const std::vector<Nanoseconds>& moments) {
  const auto column = [&](Nanoseconds t) {
    return static_cast<std::size_t>(std::ranges::lower_bound(moments, t) - moments.begin()) *
           kColumns;
  };
  const std::size_t from = column(op.invoked);
  const bool has_end = op.answered != kNever;
  const std::size_t to = has_end ? column(op.answered) : moments.size() * kColumns;
  std::string bar(from, ' ');
  bar += '|' + std::string(to > from ? to - from - 1 : 0, '=');
  return bar + (has_end ? '|' : '>');
}

std::string time_of(Nanoseconds t, Nanoseconds origin) {
  if (t == kNever) return "unanswered";
  return fmt::format("{:.3f}", static_cast<double>(t - origin) / 1e6);
}

std::string line_of(const History& history, const Op& op, Nanoseconds origin) {
  return fmt::format("  {:>10} {:>10}  client {:<3} {:<14} {:<34}", time_of(op.invoked, origin),
                     time_of(op.answered, origin), op.client, command_names()[op.command],
                     label_of(history, op));
}

}  // namespace

std::string trace(const History& history, std::uint32_t key) {
  std::vector<Op> ops;
  for (const Op& op : history.ops) {
    if (op.key == key || op.key == kAllKeys) ops.push_back(op);
  }
  std::ranges::sort(ops, {}, &Op::invoked);
  std::string text;
  for (const Op& op : ops) text += line_of(history, op, ops.front().invoked) + "\n";
  return text;
}

std::string timeline(const History& history, const Violation& violation, const Keys& keys) {
  std::vector<Op> ops;
  std::set<Nanoseconds> times;
  for (const std::size_t index : violation.ops) {
    ops.push_back(history.ops[index]);
    times.insert(ops.back().invoked);
    if (ops.back().answered != kNever) times.insert(ops.back().answered);
  }
  std::ranges::sort(ops, {}, &Op::invoked);
  const std::vector<Nanoseconds> moments(times.begin(), times.end());

  std::string text = fmt::format("{} of key {} ({}); no order explains these:\n",
                                 describe(violation.fault), violation.key,
                                 keys.name(violation.key).substr(0, 20));
  text += fmt::format("  {:>10} {:>10} ms\n", "invoked", "answered");
  for (const Op& op : ops) {
    text += fmt::format("{} {}\n", line_of(history, op, moments.front()), bar_of(op, moments));
  }
  return text;
}

}  // namespace bmc::lin
