// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// bmc_stream: TCP clients that know every byte that a memcached has to answer, and compare. It
// knows nothing of BMC: run against memcached alone it finds nothing. Exit 0: every byte was
// right and all came, 1: not, 2: usage.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <mutex>
#include <random>
#include <thread>

#include "journal/journal.h"
#include "net/worker.h"
#include "summary.h"

namespace {

using namespace bmc::stream;

struct Options {
  std::string server = "127.0.0.1";
  std::uint16_t port = 11211;
  std::uint64_t requests = 1'000'000;
  double seconds = 0;
  double hang_seconds = 30;
  std::uint32_t threads = 1;
  std::filesystem::path journal;
  bool json = false;
  Load load;
};

void declare_sockets(CLI::App& app, Options& options) {
  Load& load = options.load;
  app.add_flag("--no-delay,!--delay", load.socket.no_delay,
               "TCP_NODELAY on (the default) or off: whether each send is a segment");
  app.add_option("--mss", load.socket.mss, "TCP_MAXSEG in bytes (0: the kernel's)")
      ->check(CLI::Range(0, 65535));
  app.add_option("--receive-buffer", load.socket.receive_buffer,
                 "SO_RCVBUF in bytes (0: the kernel's)");
  app.add_flag("--half-close", load.half_close,
               "close one half behind the last request: then all replies must come, and an end");
  app.add_option("--reconnect-every", load.reconnect_every,
                 "requests on one connection before the next is made (0: no limit)");
  app.add_option("--hang-seconds", options.hang_seconds,
                 "without a byte while a reply is outstanding, before it is a hang")
      ->capture_default_str();
}

void declare(CLI::App& app, Options& options) {
  Load& load = options.load;
  app.option_defaults()->take_last();  // scripts add to each other's options
  app.add_option("--server", options.server, "numeric address of memcached")->capture_default_str();
  app.add_option("-p,--port", options.port, "its port")->capture_default_str();
  app.add_option("--connections", load.connections, "clients, each with keys of its own")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_option("--requests", options.requests, "in all")->capture_default_str();
  app.add_option("--seconds", options.seconds, "stop after this long (0: when all are done)");
  app.add_option("--seed", load.seed,
                 "of the requests and of the names of the keys (0: a new one); to run with the"
                 " same one again, empty memcached before");
  app.add_option("--threads", options.threads, "that the connections are shared among")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--pipeline", load.pipeline, "requests outstanding on a connection")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_option("--read-percent", load.habits.read_percent, "requests that only read")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  app.add_option("--cut-percent", load.cut_percent, "requests that are sent in pieces")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  declare_sockets(app, options);
  app.add_option("--journal", options.journal, "file for what is sent, for bmc_stream_judge");
  app.add_flag("--json", options.json, "report as JSON");
}

/// All clients, to their end.
Summary run_load(const Load& load, const Options& options) {
  std::deque<Worker> workers;
  for (std::uint32_t i = 0; i < options.threads; i++)
    workers.emplace_back(load, i, options.threads);
  std::atomic<bool> stop = false;
  std::mutex mutex;
  std::condition_variable done;
  bool is_done = false;
  const auto start = Clock::now();
  std::jthread timer([&] {
    std::unique_lock lock(mutex);
    const std::chrono::duration<double> limit(options.seconds > 0 ? options.seconds : 1e6);
    if (!done.wait_for(lock, limit, [&] { return is_done; })) stop = true;
  });
  {
    std::vector<std::jthread> threads;
    for (Worker& worker : workers) threads.emplace_back([&] { worker.run(stop); });
  }
  Summary summary{.seed = load.seed,
                  .seconds = std::chrono::duration<double>(Clock::now() - start).count(),
                  .findings = {}};
  {
    const std::scoped_lock lock(mutex);
    is_done = true;
  }
  done.notify_all();
  for (const Worker& worker : workers) summary.findings.add(worker.findings());
  return summary;
}

int run(Options& options) {
  Load& load = options.load;
  const auto server = bmc::lin::Server::parse(options.server, options.port);
  if (!server) {
    fmt::print(stderr, "bmc_stream: {} is not a numeric address\n", options.server);
    return 2;
  }
  load.server = *server;
  load.requests_each = std::max<std::uint64_t>(1, options.requests / load.connections);
  load.patience = std::chrono::duration<double>(options.hang_seconds);
  std::optional<JournalWriter> journal;
  if (!options.journal.empty()) {
    journal = JournalWriter::create(options.journal);
    if (!journal) {
      fmt::print(stderr, "bmc_stream: cannot write {}\n", options.journal.string());
      return 2;
    }
    load.journal = &*journal;
  }
  const Summary summary = run_load(load, options);
  if (journal && !journal->close()) {
    fmt::print(stderr, "bmc_stream: the journal could not be written\n");
    return 1;
  }
  fmt::print("{}\n", options.json ? to_json(summary).dump(2) : to_text(summary));
  return summary.findings.is_clean() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Byte-exact test of a memcached's TCP connections, with or without BMC in front",
               "bmc_stream"};
  Options options;
  declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (options.load.seed == 0) options.load.seed = std::random_device{}();
  if (!options.json) fmt::print("seed {}\n", options.load.seed);
  return run(options);
}
