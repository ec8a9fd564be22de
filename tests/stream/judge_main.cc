// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// bmc_stream_judge: compares what bmc_stream has sent with what memcached has read. Exit 0: the
// same, but for gets that somebody else has answered; 1: not; 2: usage.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>
#include <vector>

#include "journal/journal.h"
#include "journal/judge.h"
#include "journal/received.h"

namespace {

using namespace bmc::stream;

constexpr std::size_t kShown = 20;

nlohmann::json to_json(const Judgement& judgement) {
  nlohmann::json findings = nlohmann::json::array();
  for (const Finding& finding : judgement.findings) {
    if (findings.size() == kShown) break;
    findings.push_back({{"fault", name_of(finding.fault)},
                        {"connection", finding.connection},
                        {"local_port", finding.local_port},
                        {"request", finding.request},
                        {"offset", finding.offset},
                        {"due", finding.due},
                        {"read", finding.read}});
  }
  return {{"connections", judgement.connections},
          {"requests", judgement.requests},
          {"servable", judgement.servable},
          {"absent", judgement.absent},
          {"bytes", judgement.bytes},
          {"faults", judgement.findings.size()},
          {"findings", std::move(findings)}};
}

std::string to_text(const Judgement& judgement) {
  std::string text = fmt::format(
      "{} requests on {} connections, {} bytes read by memcached; of {} servable gets {} were"
      " answered elsewhere\n",
      judgement.requests, judgement.connections, judgement.bytes, judgement.servable,
      judgement.absent);
  for (std::size_t i = 0; i < std::min(judgement.findings.size(), kShown); i++) {
    const Finding& finding = judgement.findings[i];
    text += fmt::format("{}: {} (port {}), request {}, byte {}\n  due  {}\n  read {}\n",
                        name_of(finding.fault), finding.connection, finding.local_port,
                        finding.request, finding.offset, finding.due, finding.read);
  }
  return text + fmt::format("{} faults", judgement.findings.size());
}

int refuse(const std::filesystem::path& path, std::string_view what) {
  fmt::print(stderr, "bmc_stream_judge: {} is not readable as a {}\n", path.string(), what);
  return 2;
}

int run(const std::filesystem::path& record, const std::vector<std::filesystem::path>& journals,
        bool json) {
  std::vector<Sent> sent;
  for (const auto& path : journals) {
    auto journal = read_journal(path);
    if (!journal) return refuse(path, "journal");
    std::ranges::move(*journal, std::back_inserter(sent));
  }
  const auto received = read_received(record);
  if (!received) return refuse(record, "record");
  const Judgement judgement = judge(sent, *received);
  fmt::print("{}\n", json ? to_json(judgement).dump(2) : to_text(judgement));
  return judgement.findings.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Judges whether memcached has read what bmc_stream has sent", "bmc_stream_judge"};
  std::filesystem::path record;
  std::vector<std::filesystem::path> journals;
  bool json = false;
  app.add_option("RECORD", record,
                 "what bmc_recorder.so has written inside memcached, to BMC_RECORDER_FILE")
      ->required();
  app.add_option("JOURNAL", journals, "what each bmc_stream --journal has written meanwhile")
      ->required();
  app.add_flag("--json", json, "report as JSON");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return run(record, journals, json);
}
