// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cli/unsynced_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/clock.h"
#include "net/address.h"

namespace bmc::cli {
namespace {

struct Reason {
  const char* label;
  const char* help;
};

#define X(name, label, help) Reason{#label, help},
constexpr std::array kReasons{Reason{"none", "none"}, BMC_DESYNCS(X)};
#undef X

const Reason& reason_of(const bmc_unsynced& connection) {
  static constexpr Reason kUnknown{"unknown", "unknown"};
  return connection.reason < kReasons.size() ? kReasons[connection.reason] : kUnknown;
}

std::string remote_text(const bmc_unsynced& connection) {
  const Address address{connection.remote};
  return address.is_ipv4() ? fmt::format("{}:{}", address.text(), connection.remote_port)
                           : fmt::format("[{}]:{}", address.text(), connection.remote_port);
}

/// One that was lost after the clock was read has no age yet.
double age_s(const bmc_unsynced& connection, std::uint64_t now_ns) {
  const std::uint64_t age_ns = now_ns - std::min<std::uint64_t>(now_ns, connection.since_ns);
  return static_cast<double>(age_ns) / static_cast<double>(kNsPerSecond);
}

}  // namespace

nlohmann::json describe_unsynced(const std::vector<Unsynced>& connections, std::uint64_t now_ns) {
  auto list = nlohmann::json::array();
  for (const auto& [cookie, value] : connections) {
    list.push_back({{"client", remote_text(value)},
                    {"port", value.local_port},
                    {"reason", reason_of(value).label},
                    {"age_s", age_s(value, now_ns)}});
  }
  return list;
}

std::string unsynced_text(const std::vector<Unsynced>& connections, std::uint64_t now_ns) {
  if (connections.empty()) return "connections out of sync: none\n";
  std::string out = fmt::format("connections out of sync: {}\n", connections.size());
  for (const auto& [cookie, value] : connections) {
    out += fmt::format("  {} for {:.0f} s: {}\n", remote_text(value), age_s(value, now_ns),
                       reason_of(value).help);
  }
  return out;
}

}  // namespace bmc::cli
