// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Whole runs against a server in this process that misses every get and, once,
// stalls.
#include "bench/load_run.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <thread>

#include "bench/udp_frame.h"

namespace bmc::bench {
namespace {

using namespace std::chrono_literals;

class MissingServer {
 public:
  /// Answers at once, but for @stall after the first @before.
  MissingServer(std::chrono::milliseconds before, std::chrono::milliseconds stall)
      : socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof address;
    bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), bytes);
    getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &bytes);
    const timeval patience{.tv_sec = 0, .tv_usec = 10'000};
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    name = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this, before, stall] { serve(before, stall); });
  }
  ~MissingServer() {
    stop_ = true;
    thread_.join();
  }

  std::string name;

 private:
  void serve(std::chrono::milliseconds before, std::chrono::milliseconds stall) {
    std::optional<std::chrono::steady_clock::time_point> first;
    bool has_stalled = false;
    while (!stop_) {
      char bytes[2048];
      sockaddr_in client{};
      socklen_t size = sizeof client;
      auto* const peer = reinterpret_cast<sockaddr*>(&client);
      const ssize_t got = recvfrom(socket_.get(), bytes, sizeof bytes, 0, peer, &size);
      if (got < 0) continue;
      if (!first) first = std::chrono::steady_clock::now();
      if (!has_stalled && std::chrono::steady_clock::now() > *first + before) {
        has_stalled = true;
        std::this_thread::sleep_for(stall);
      }
      const std::string reply = std::string(bytes, UdpFrame::kBytes) + "END\r\n";
      sendto(socket_.get(), reply.data(), reply.size(), 0, peer, size);
    }
  }

  Fd socket_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

LoadReport run(const LoadOptions& options) {
  const std::atomic<bool> stop{false};
  auto plan = LoadPlan::make(options, stop);
  EXPECT_TRUE(plan);
  auto report = run_load(**plan, [](const std::string&) {});
  EXPECT_TRUE(report);
  return *report;
}

LoadOptions options_for(const MissingServer& server) {
  LoadOptions options;
  options.server = server.name;
  options.duration = 1s;
  options.interval = 250ms;
  options.timeout = 2s;
  return options;
}

bool keeps_its_rate(const LoadReport& report) {
  return std::abs(report.per_second(Counter::requests) - 2000) <= 200 && report.unsent < 200;
}

TEST(LoadRun, AnOpenLoopKeepsItsRate) {
  const MissingServer server(10s, 0ms);
  LoadOptions options = options_for(server);
  options.rate = 2000;
  LoadReport report = run(options);
  // A busy machine may stand still for a while.
  for (int again = 0; again < 2 && !keeps_its_rate(report); again++) report = run(options);
  EXPECT_NEAR(report.per_second(Counter::requests), 2000, 200);
  EXPECT_EQ(report.counts[Counter::misses], report.counts[Counter::gets]);
  EXPECT_LT(report.unsent, 200u);
  EXPECT_EQ(report.series.size(), 4u);
}

// A stall of 300 ms delays each of the 300 requests that fall due in it, by
// 150 ms on average, although only one of them is under way at a time.
TEST(LoadRun, AnOpenLoopMeasuresTheRequestsThatAStallHeldUp) {
  const MissingServer server(200ms, 300ms);
  LoadOptions options = options_for(server);
  options.rate = 1000;
  options.outstanding = 1;
  const LoadReport report = run(options);
  EXPECT_GT(report.latencies.gets.quantile(0.85), 100'000'000u);
  EXPECT_GT(report.latencies.gets.quantile(0.75), 5'000'000u);
}

// An answer may come just before the next request is due: with nothing under way, there is
// nothing else to wait for than the clock. A slow machine cannot do the highest rate; below the
// lowest one, that moment would hardly come.
TEST(LoadRun, AnOpenLoopNeverWaitsForAnAnswerThatNobodyOwes) {
  const MissingServer server(10s, 0ms);
  LoadOptions options = options_for(server);
  constexpr std::uint64_t kLimit = 10'000'000;
  std::uint64_t best = std::numeric_limits<std::uint64_t>::max();
  for (const double rate : {20'000.0, 10'000.0, 5'000.0}) {
    options.rate = rate;
    best = std::min(best, run(options).latencies.gets.quantile(0.8));
    if (best < kLimit) break;
  }
  EXPECT_LT(best, kLimit);
}

TEST(LoadRun, AClosedLoopSeesTheStallOnce) {
  const MissingServer server(200ms, 300ms);
  LoadOptions options = options_for(server);
  options.outstanding = 1;
  const LoadReport report = run(options);
  EXPECT_GE(report.latencies.gets.max(), 300'000'000u);
  EXPECT_LT(report.latencies.gets.quantile(0.99), 50'000'000u);
}

TEST(LoadRun, ASilentServerLosesEverythingAndHarmsNobody) {
  const MissingServer server(0ms, 1200ms);
  LoadOptions options = options_for(server);
  options.timeout = 50ms;
  options.outstanding = 4;
  const LoadReport report = run(options);
  EXPECT_GE(report.counts[Counter::lost], 4u * 10);
  EXPECT_LE(report.counts[Counter::lost], 4u * 21);
  EXPECT_EQ(report.counts.wrong(), 0u);
}

TEST(LoadPlan, ContradictionsAreRefused) {
  const std::atomic<bool> stop{false};
  const auto refused = [&](auto change) {
    LoadOptions options;
    options.server = "127.0.0.1";
    change(options);
    const auto plan = LoadPlan::make(options, stop);
    return !plan && plan.error().code == ExitCode::kUsage && !plan.error().hint.empty();
  };
  EXPECT_FALSE(refused([](LoadOptions&) {}));
  EXPECT_TRUE(refused([](LoadOptions& o) { o.threads = 2; }));
  EXPECT_TRUE(refused([](LoadOptions& o) { o.outstanding = 0; }));
  EXPECT_TRUE(refused([](LoadOptions& o) { o.outstanding = 20'000; }));
  EXPECT_TRUE(refused([](LoadOptions& o) { o.rate = 0; }));
  EXPECT_TRUE(refused([](LoadOptions& o) { o.multiget = 0; }));
  EXPECT_TRUE(refused([](LoadOptions& o) { o.value_bytes = {9, 9}; }));
  EXPECT_TRUE(refused([](LoadOptions& o) { o.value_bytes = {50, 40}; }));
  EXPECT_TRUE(refused([](LoadOptions& o) { o.value_sizes = *SizeModel::parse("9:1,32:1"); }));
  EXPECT_FALSE(refused([](LoadOptions& o) { o.value_sizes = *SizeModel::parse("10:1,32:1"); }));
  EXPECT_TRUE(refused([](LoadOptions& o) { o.ttl_s = {2, 1}; }));
  EXPECT_TRUE(refused([](LoadOptions& o) { o.server = "[::1"; }));
  EXPECT_TRUE(refused([](LoadOptions& o) { o.server = "127.0.0.1:http?"; }));
  EXPECT_TRUE(refused([](LoadOptions& o) {
    o.multiget = 2;
    o.command = GetCommand::kMetaGet;
  }));
  EXPECT_TRUE(refused([](LoadOptions& o) {
    o.get_ratio = 0.5;
    o.sets = Transport::kUdp;
    o.noreply = true;
  }));
}

}  // namespace
}  // namespace bmc::bench
