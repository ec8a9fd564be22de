// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "report.h"

#include <algorithm>
#include <map>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "client.h"

namespace bmc::random_test {
namespace {

constexpr std::size_t kShownViolations = 5;
constexpr std::size_t kShownOps = 40;

const char* name_of(Effect effect) {
  switch (effect) {
    case Effect::kNone: return "nothing";
    case Effect::kPut: return "put";
    case Effect::kExtend: return "extend";
    case Effect::kCount: return "count";
    case Effect::kRemove: return "remove";
    case Effect::kTouch: return "touch";
    case Effect::kRead: return "read";
    case Effect::kMiss: return "miss";
  }
  return "";
}

const char* name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kDone: return "done";
    case Outcome::kRefused: return "refused";
    case Outcome::kUnknown: return "unknown";
  }
  return "";
}

struct Tally {
  std::uint64_t reads = 0;
  std::uint64_t hits = 0;
};

std::map<std::uint32_t, Tally> tally_by_key(const History& history) {
  std::map<std::uint32_t, Tally> tallies;
  for (const Op& op : history.ops) {
    if (op.effect != Effect::kRead && op.effect != Effect::kMiss) continue;
    tallies[op.key].reads++;
    tallies[op.key].hits += op.effect == Effect::kRead;
  }
  return tallies;
}

/// One line of a history: microseconds relative to the wrong read's invocation.
std::string line_of(const History& history, const Op& op, Nanoseconds origin) {
  const auto us = [&](Nanoseconds t) {
    return t == kNever ? std::string("never") : fmt::format("{:.1f}", static_cast<double>(t - origin) / 1e3);
  };
  std::string what;
  if (op.effect == Effect::kRead && op.part_count > 0) {
    const auto from = history.parts.begin() + op.parts;
    what = fmt::format(" of {}", fmt::join(from, from + op.part_count, "+"));
  } else if (op.id != 0) {
    what = fmt::format(" {}", op.id);
  }
  if (op.number != 0) what += fmt::format(" number {}", op.number);
  if (op.ttl_s != kNoTtl) what += fmt::format(" ttl {} s", op.ttl_s);
  return fmt::format("    {:>12} .. {:>12} us  client {:<3} {:<14} {}{} ({})\n", us(op.invoked),
                     us(op.answered), op.id >> 24, command_names()[op.command],
                     name_of(op.effect), what, name_of(op.outcome));
}

std::uint64_t sum(const std::vector<ClientHistory>& clients, std::uint64_t ClientHistory::*field) {
  std::uint64_t total = 0;
  for (const ClientHistory& client : clients) total += client.*field;
  return total;
}

}  // namespace

std::string explain(const Result& result, const Violation& violation, const Keys& keys) {
  const auto& ops = result.history.ops;
  const Op& read = ops[violation.read];
  Nanoseconds from = std::min(read.invoked, ops[violation.proof].invoked);
  for (const std::size_t write : violation.writes) from = std::min(from, ops[write].invoked);

  // What is shown: the value's writes, the proof, and the last things before the read.
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < ops.size(); i++) {
    const bool same_key = ops[i].key == read.key || ops[i].key == kAllKeys;
    if (same_key && ops[i].invoked <= read.answered && ops[i].answered >= from) shown.push_back(i);
  }
  std::sort(shown.begin(), shown.end(),
            [&](std::size_t a, std::size_t b) { return ops[a].invoked < ops[b].invoked; });
  std::string text = fmt::format("{} of key {} ({}):\n", describe(violation.fault), read.key,
                                 keys.name(read.key).substr(0, 20));
  std::size_t left_out = 0;
  for (std::size_t place = 0; place < shown.size(); place++) {
    const std::size_t i = shown[place];
    const bool essential = i == violation.read || i == violation.proof ||
                           std::find(violation.writes.begin(), violation.writes.end(), i) !=
                               violation.writes.end();
    if (!essential && shown.size() - place > kShownOps) {
      left_out++;
      continue;
    }
    text += line_of(result.history, ops[i], read.invoked);
    if (i == violation.read) text += "      ^ the wrong read\n";
    if (i == violation.proof && i != violation.read) text += "      ^ shows it\n";
  }
  if (left_out > 0) text += fmt::format("    ({} earlier operations left out)\n", left_out);
  return text;
}

nlohmann::json to_json(const Result& result, const Keys& keys) {
  nlohmann::json commands = nlohmann::json::object();
  for (std::size_t i = 0; i < command_names().size(); i++) {
    std::uint64_t count = 0;
    for (const ClientHistory& client : result.clients) count += client.requests_by_command[i];
    commands[command_names()[i]] = count;
  }
  Tally all;
  for (const auto& [key, tally] : tally_by_key(result.history)) {
    all.reads += tally.reads;
    all.hits += tally.hits;
  }
  nlohmann::json violations = nlohmann::json::array();
  for (const Violation& violation : result.violations) {
    if (violations.size() == kShownViolations) break;
    violations.push_back(explain(result, violation, keys));
  }
  const std::uint64_t requests = sum(result.clients, &ClientHistory::requests);
  return {{"requests", requests},
          {"operations", result.history.ops.size()},
          {"seconds", result.seconds},
          {"check_seconds", result.check_seconds},
          {"requests_per_second", static_cast<double>(requests) / result.seconds},
          {"reads", all.reads},
          {"hits", all.hits},
          {"timeouts", sum(result.clients, &ClientHistory::timeouts)},
          {"reconnects", sum(result.clients, &ClientHistory::reconnects)},
          {"misses_prove", result.history.misses_prove},
          {"commands", std::move(commands)},
          {"violations", result.violations.size()},
          {"explanations", std::move(violations)}};
}

std::string to_text(const Result& result, const Keys& keys) {
  const nlohmann::json json = to_json(result, keys);
  std::string text = fmt::format(
      "{} requests in {:.1f} s ({:.0f}/s), {} time-outs, {} reconnects\n"
      "{} operations recorded, {} reads, {} hits; checked in {:.2f} s{}\n",
      json["requests"].get<std::uint64_t>(), result.seconds,
      json["requests_per_second"].get<double>(), json["timeouts"].get<std::uint64_t>(),
      json["reconnects"].get<std::uint64_t>(), result.history.ops.size(),
      json["reads"].get<std::uint64_t>(), json["hits"].get<std::uint64_t>(), result.check_seconds,
      result.history.misses_prove ? "" : " (misses prove nothing: memcached evicts)");
  text += "reads and hits of the hottest keys:\n";
  std::vector<std::pair<std::uint32_t, Tally>> tallies;
  for (const auto& tally : tally_by_key(result.history)) tallies.push_back(tally);
  std::sort(tallies.begin(), tallies.end(),
            [](const auto& a, const auto& b) { return a.second.reads > b.second.reads; });
  for (std::size_t i = 0; i < std::min<std::size_t>(tallies.size(), 8); i++) {
    text += fmt::format("  {:<20} {:>8} {:>8}\n", keys.name(tallies[i].first).substr(0, 20),
                        tallies[i].second.reads, tallies[i].second.hits);
  }
  for (const auto& explanation : json["explanations"]) text += explanation.get<std::string>();
  text += fmt::format("{} violations\n", result.violations.size());
  return text;
}

}  // namespace bmc::random_test
