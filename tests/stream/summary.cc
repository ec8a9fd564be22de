// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "summary.h"

#include <fmt/core.h>

namespace bmc::stream {
namespace {

constexpr std::size_t kShown = 10;  // of each sort of finding

nlohmann::json to_json(const std::vector<Trouble>& troubles) {
  nlohmann::json all = nlohmann::json::array();
  for (const Trouble& trouble : troubles) {
    if (all.size() == kShown) break;
    all.push_back({{"connection", trouble.connection},
                   {"local_port", trouble.local_port},
                   {"what", trouble.what}});
  }
  return all;
}

nlohmann::json to_json(const std::vector<WrongReply>& replies) {
  nlohmann::json all = nlohmann::json::array();
  for (const WrongReply& reply : replies) {
    if (all.size() == kShown) break;
    all.push_back({{"connection", reply.connection},
                   {"local_port", reply.local_port},
                   {"offset", reply.where.offset},
                   {"request", reply.where.request},
                   {"asked", reply.where.asked},
                   {"expected", reply.where.expected},
                   {"got", reply.where.got}});
  }
  return all;
}

double rate(const Summary& summary) {
  return static_cast<double>(summary.findings.total_requests()) / summary.seconds;
}

double longest_wait_ms(const Summary& summary) {
  return std::chrono::duration<double, std::milli>(summary.findings.longest_wait).count();
}

}  // namespace

nlohmann::json to_json(const Summary& summary) {
  const Findings& found = summary.findings;
  nlohmann::json kinds = nlohmann::json::object();
  for (std::size_t i = 0; i < kKindNames.size(); i++) kinds[kKindNames[i]] = found.requests[i];
  return {{"seed", summary.seed},
          {"seconds", summary.seconds},
          {"requests", found.total_requests()},
          {"requests_per_second", rate(summary)},
          {"requests_by_kind", std::move(kinds)},
          {"connections", found.connections},
          {"bytes_sent", found.bytes_sent},
          {"bytes_received", found.bytes_received},
          {"longest_wait_ms", longest_wait_ms(summary)},
          {"wrong", found.wrong.size()},
          {"lost", found.lost.size()},
          {"hangs", found.hangs.size()},
          {"wrong_replies", to_json(found.wrong)},
          {"lost_connections", to_json(found.lost)},
          {"hanging_connections", to_json(found.hangs)}};
}

std::string to_text(const Summary& summary) {
  const Findings& found = summary.findings;
  std::string text = fmt::format(
      "{} requests in {:.1f} s ({:.0f}/s) on {} connections, {} bytes sent, {} received, longest"
      " wait {:.1f} ms\n",
      found.total_requests(), summary.seconds, rate(summary), found.connections, found.bytes_sent,
      found.bytes_received, longest_wait_ms(summary));
  for (std::size_t i = 0; i < kKindNames.size(); i++) {
    text += fmt::format("  {:<16} {:>9}\n", kKindNames[i], found.requests[i]);
  }
  for (std::size_t i = 0; i < std::min(found.wrong.size(), kShown); i++) {
    const WrongReply& reply = found.wrong[i];
    text += fmt::format(
        "wrong on connection {} (port {}), byte {}, request {}: {}\n  expected {}\n  got      {}\n",
        reply.connection, reply.local_port, reply.where.offset, reply.where.request,
        reply.where.asked, reply.where.expected, reply.where.got);
  }
  for (const auto& [name, troubles] : {std::pair{"lost", found.lost}, {"hangs", found.hangs}}) {
    for (std::size_t i = 0; i < std::min(troubles.size(), kShown); i++) {
      text += fmt::format("{}: connection {} (port {}): {}\n", name, troubles[i].connection,
                          troubles[i].local_port, troubles[i].what);
    }
  }
  return text + fmt::format("{} wrong, {} lost, {} hang\n", found.wrong.size(), found.lost.size(),
                            found.hangs.size());
}

}  // namespace bmc::stream
