// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// bmc_lin: many clients do everything that can be done to a memcached, and the
// history of what they saw is checked. Exit 0: every value was right, 1: not, 2:
// usage. It knows nothing of BMC: run against memcached alone it finds nothing.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <mutex>
#include <random>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "check/checker.h"
#include "check/timeline.h"
#include "client/client.h"
#include "history/clears.h"
#include "client/sockets.h"
#include "report.h"

namespace {

using namespace bmc::lin;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string server = "127.0.0.1";
  std::uint16_t port = 11211;
  std::uint64_t requests = 1'000'000;
  std::uint64_t seed = 0;
  double seconds = 0;
  double flush_every_s = 7;
  std::uint32_t clients = 8;
  Habits habits;
  std::uint32_t udp_timeout_ms = 500;
  std::uint32_t tcp_timeout_ms = 20000;
  std::uint32_t values = 300;
  std::uint32_t counters = 60;
  bool restarts = false;
  std::filesystem::path trace;
  bool json = false;
};

void declare(CLI::App& app, Options& options) {
  app.add_option("--server", options.server, "numeric address of memcached")->capture_default_str();
  app.add_option("-p,--port", options.port, "its port, TCP and UDP")->capture_default_str();
  app.add_option("--ops", options.requests, "requests in all")->capture_default_str();
  app.add_option("--seconds", options.seconds, "stop after this long (0: when all are done)");
  app.add_option("--seed", options.seed, "of the random choices and of the names of the keys (0: a new one); to run\n"
                 "with the same one again, empty memcached before");
  app.add_option("--clients", options.clients, "threads")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_flag("--lossy", options.habits.datagrams_get_lost,
               "the network loses datagrams or changes their order: what is answered by several"
               " messages goes over TCP");
  app.add_option("--udp-timeout", options.udp_timeout_ms, "milliseconds to wait for a datagram")
      ->capture_default_str();
  app.add_option("--tcp-timeout", options.tcp_timeout_ms, "milliseconds until a connection is given up")
      ->capture_default_str();
  app.add_flag("!--none-too-large", options.habits.too_large_values,
               "no values of a megabyte, which memcached refuses and a bad network takes long for");
  app.add_option("--cut-percent", options.habits.cut_percent, "TCP requests that are sent in pieces")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  app.add_option("--only", options.habits.only,
                 "commands, by their names in the report, get and set among them")
      ->delimiter(',')
      ->check(CLI::IsMember(std::set<std::string>(command_names().begin(), command_names().end() - 2)));
  app.add_option("--read-percent", options.habits.read_percent, "turns that only read, over UDP")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  app.add_option("--keys", options.values, "keys with values")->capture_default_str();
  app.add_option("--counters", options.counters, "keys with numbers, an even number of them")
      ->capture_default_str();
  app.add_option("--flush-every", options.flush_every_s, "seconds between flush_alls, one in three with a delay (0: none)")
      ->capture_default_str();
  app.add_flag("--restarts", options.restarts,
               "standard input tells in the end when memcached lost everything: lines of two times,"
               " in nanoseconds of CLOCK_MONOTONIC");
  app.add_option("--trace", options.trace,
                 "file for all that happened to the key of the first violation");
  app.add_flag("--json", options.json, "report as JSON");
}

/// Flushes in its own rhythm until the clients are done or time is up.
void keep_flushing(Client& flusher, const Options& options, std::atomic<bool>& stop,
                   std::mutex& mutex, std::condition_variable& done, const bool& is_done) {
  const auto start = Clock::now();
  const auto period = std::chrono::duration<double>(
      options.flush_every_s > 0 ? options.flush_every_s : 1e6);
  auto next_flush = start + period;
  std::uint32_t flushes = 0;
  const auto end = start + std::chrono::duration<double>(options.seconds > 0 ? options.seconds : 1e6);
  std::unique_lock lock(mutex);
  while (!is_done && Clock::now() < end) {
    const auto wake = std::min<std::chrono::duration<double>>(next_flush - start, end - start);
    done.wait_until(lock, start + std::chrono::duration_cast<Clock::duration>(wake),
                    [&] { return is_done; });
    if (!is_done && Clock::now() >= next_flush) {
      flusher.flush_all(flushes++ % 3 == 2 ? 3 : 0);
      next_flush += period;
    }
  }
  stop = true;
}

std::vector<ClientHistory> run_clients(const Options& options, const Server& server,
                                       const Keys& keys) {
  std::deque<Client> clients;  // they stay where they are
  for (std::uint32_t i = 0; i <= options.clients; i++) {
    clients.emplace_back(server, keys, static_cast<std::uint8_t>(i + 1), options.seed * 1000 + i,
                         options.habits);
  }
  std::atomic<bool> stop = false;
  std::mutex mutex;
  std::condition_variable done;
  bool is_done = false;
  Client& flusher = clients.back();
  std::thread flushing([&] { keep_flushing(flusher, options, stop, mutex, done, is_done); });
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t i = 0; i < options.clients; i++) {
      threads.emplace_back(
          [&, i] {
            clients[i].run(options.requests / options.clients, stop);
          });
    }
  }
  {
    const std::scoped_lock lock(mutex);
    is_done = true;
  }
  done.notify_all();
  flushing.join();
  std::vector<ClientHistory> histories;
  for (const Client& client : clients) histories.push_back(client.history());
  return histories;
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

int run(const Options& options) {
  const auto server = Server::parse(options.server, options.port);
  if (!server) {
    fmt::print(stderr, "bmc_lin: {} is not a numeric address\n", options.server);
    return 2;
  }
  const Keys keys(options.values, options.counters, options.seed);
  Result result;
  result.seed = options.seed;
  const auto start = Clock::now();
  result.clients = run_clients(options, *server, keys);
  result.seconds = seconds_since(start);
  result.history = join(result.clients);
  result.history.counters_from = keys.first_counter();
  if (options.restarts && !add_clears(result.history, std::cin, restart_command())) {
    fmt::print(stderr, "bmc_lin: standard input is not lines of two times\n");
    return 2;
  }
  settle_delayed_flushes(result.history);
  const auto check_start = Clock::now();
  result.violations = check(result.history);
  result.check_seconds = seconds_since(check_start);
  if (!options.trace.empty() && !result.violations.empty()) {
    const Violation& first = result.violations.front();
    std::ofstream(options.trace) << timeline(result.history, first, keys)
                                 << trace(result.history, first.key);
  }
  fmt::print("{}\n", options.json ? to_json(result, keys).dump(2) : to_text(result, keys));
  return result.violations.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Linearizability test of a memcached, with or without BMC in front",
               "bmc_lin"};
  Options options;
  declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  options.habits.tcp_timeout = std::chrono::milliseconds{options.tcp_timeout_ms};
  options.habits.udp_timeout = std::chrono::milliseconds{options.udp_timeout_ms};
  if (options.seed == 0) options.seed = std::random_device{}();
  if (!options.json) fmt::print("seed {}\n", options.seed);
  return run(options);
}
