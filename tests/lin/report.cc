// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "report.h"

#include <algorithm>
#include <map>

#include <fmt/core.h>

#include "check/timeline.h"
#include "client/wheels.h"

namespace bmc::lin {
namespace {

constexpr std::size_t kShownViolations = 5;

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

std::uint64_t sum(const std::vector<ClientHistory>& clients, std::uint64_t ClientHistory::*field) {
  std::uint64_t total = 0;
  for (const ClientHistory& client : clients) total += client.*field;
  return total;
}

}  // namespace

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
    violations.push_back(timeline(result.history, violation, keys));
  }
  const std::uint64_t requests = sum(result.clients, &ClientHistory::requests);
  return {{"seed", result.seed},
          {"requests", requests},
          {"operations", result.history.ops.size()},
          {"seconds", result.seconds},
          {"check_seconds", result.check_seconds},
          {"requests_per_second", static_cast<double>(requests) / result.seconds},
          {"reads", all.reads},
          {"hits", all.hits},
          {"timeouts", sum(result.clients, &ClientHistory::timeouts)},
          {"reconnects", sum(result.clients, &ClientHistory::reconnects)},
          {"commands", std::move(commands)},
          {"violations", result.violations.size()},
          {"explanations", std::move(violations)}};
}

std::string to_text(const Result& result, const Keys& keys) {
  const nlohmann::json json = to_json(result, keys);
  std::string text = fmt::format(
      "{} requests in {:.1f} s ({:.0f}/s), {} time-outs, {} reconnects\n"
      "{} operations recorded, {} reads, {} hits; checked in {:.2f} s\n",
      json["requests"].get<std::uint64_t>(), result.seconds,
      json["requests_per_second"].get<double>(), json["timeouts"].get<std::uint64_t>(),
      json["reconnects"].get<std::uint64_t>(), result.history.ops.size(),
      json["reads"].get<std::uint64_t>(), json["hits"].get<std::uint64_t>(), result.check_seconds);
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

}  // namespace bmc::lin
