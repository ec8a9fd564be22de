// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Scripts parse the JSON: a name that changes or goes missing fails here. New
// ones may be added to the lists; a change of meaning needs a new schema.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "bench/kernel_report.h"
#include "bench/load_report.h"

namespace bmc::bench {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> names(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& item : object.items()) keys.push_back(item.key());
  return keys;
}

LoadReport load_report() {
  LoadReport report;
  report.seconds = 2;
  report.counts.counter[static_cast<std::size_t>(Counter::requests)] = 3000;
  report.counts.counter[static_cast<std::size_t>(Counter::keys)] = 2000;
  report.counts.counter[static_cast<std::size_t>(Counter::hits)] = 1500;
  report.counts.fault[static_cast<std::size_t>(Fault::stale)] = 2;
  report.latencies.gets.record(50'000);
  report.cpu_user_s = 0.5;
  report.cpu_system_s = 1;
  report.complaints = {"stale: \xff is no UTF-8"};
  report.series.push_back({2, 2, report.counts});
  return report;
}

TEST(LoadReport, JsonNamesAreStable) {
  const Json json = Json::parse(to_json(load_report()));
  EXPECT_EQ(names(json), (std::vector<std::string>{"schema",
                                                   "options",
                                                   "measured_s",
                                                   "throughput_rps",
                                                   "gets_per_s",
                                                   "sets_per_s",
                                                   "keys_per_s",
                                                   "hit_ratio",
                                                   "received_bytes_per_s",
                                                   "sent_bytes_per_s",
                                                   "latency_us",
                                                   "set_latency_us",
                                                   "latency_curve_us",
                                                   "set_latency_curve_us",
                                                   "counts",
                                                   "wrong",
                                                   "faults",
                                                   "complaints",
                                                   "client_cpu_cores",
                                                   "client_cpu_user_s",
                                                   "client_cpu_system_s",
                                                   "series"}));
  EXPECT_EQ(names(json["latency_us"]), (std::vector<std::string>{"count", "mean", "min", "p50",
                                                                 "p90", "p99", "p99_9", "max"}));
  EXPECT_EQ(names(json["counts"]),
            (std::vector<std::string>{"requests", "gets", "sets", "keys", "hits", "misses", "lost",
                                      "late", "errors", "refused", "reconnects", "sent_bytes",
                                      "received_bytes", "unsent"}));
  EXPECT_EQ(names(json["faults"]),
            (std::vector<std::string>{"wrong_key", "wrong_flags", "foreign", "corrupted", "stale",
                                      "expired", "malformed"}));
  EXPECT_EQ(names(json["series"][0]),
            (std::vector<std::string>{"t_s", "rps", "keys_per_s", "sets_per_s", "hit_ratio", "lost",
                                      "wrong"}));
  EXPECT_EQ(json["schema"], "bmc-bench-load/1");
}

TEST(LoadReport, NumbersAreThoseThatWereCounted) {
  const Json json = Json::parse(to_json(load_report()));
  EXPECT_EQ(json["throughput_rps"], 1500);
  EXPECT_EQ(json["hit_ratio"], 0.75);
  EXPECT_EQ(json["wrong"], 2);
  EXPECT_EQ(json["faults"]["stale"], 2);
  EXPECT_EQ(json["client_cpu_cores"], 0.75);
  EXPECT_EQ(json["latency_us"]["p50"], 50);
  EXPECT_EQ(json["series"][0]["rps"], 1500);
}

TEST(LoadReport, TheCurveOfLatenciesRisesFromTheLeastToTheMost) {
  LoadReport report;
  for (std::uint64_t i = 1; i <= 1000; i++) report.latencies.gets.record(i * 1000);
  const Json json = Json::parse(to_json(report));
  const Json& curve = json["latency_curve_us"];
  ASSERT_GE(curve.size(), 20u);
  EXPECT_EQ(curve.front()[0], 0.0);
  EXPECT_EQ(curve.back()[0], 1.0);
  for (std::size_t i = 1; i < curve.size(); i++) {
    EXPECT_GT(curve[i][0], curve[i - 1][0]);
    EXPECT_GE(curve[i][1], curve[i - 1][1]);
    EXPECT_NEAR(curve[i][1].get<double>(), std::max(1.0, 1000 * curve[i][0].get<double>()), 5);
  }
  EXPECT_TRUE(json["set_latency_curve_us"].empty());
}

TEST(LoadReport, WrongRepliesStandOutInTheText) {
  const std::string text = to_text(load_report());
  EXPECT_NE(text.find("stale                2  WRONG"), text.npos) << text;
}

KernelReport kernel_report() {
  KernelReport report;
  for (const double rate : {300.0, 100.0, 200.0, 900.0}) {
    report.slices.push_back({.t_s = 1, .sent_rps = 2 * rate, .replies_rps = rate});
  }
  report.replies.values = 10;
  report.replies.bytes = 760;
  return report;
}

TEST(KernelReport, JsonNamesAreStable) {
  const Json json = Json::parse(to_json(kernel_report()));
  EXPECT_EQ(names(json), (std::vector<std::string>{"schema", "options", "throughput_rps",
                                                   "sent_rps", "values_rps", "ends_rps",
                                                   "echoes_rps", "others_rps", "reply_bytes_mean",
                                                   "counts", "wrong", "complaints", "series"}));
  EXPECT_EQ(names(json["series"][0]),
            (std::vector<std::string>{"t_s", "rps", "sent_rps", "values_rps", "ends_rps",
                                      "echoes_rps", "others_rps"}));
  EXPECT_EQ(json["schema"], "bmc-bench-kernel/1");
}

TEST(KernelReport, RatesAreMediansOverTheSlices) {
  const Json json = Json::parse(to_json(kernel_report()));
  EXPECT_EQ(json["throughput_rps"], 250);
  EXPECT_EQ(json["sent_rps"], 500);
  EXPECT_EQ(json["reply_bytes_mean"], 76);
}

}  // namespace
}  // namespace bmc::bench
