// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// bmc_differential: streams of commands, right and damaged, through a real
// memcached and the tap (round.h). Exit code 1: the tap believes in less than
// memcached did, and the smallest such stream is printed; or memcached was not
// to be had.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>

#include "host/serve.h"
#include "minimise.h"
#include "round.h"

namespace {

using namespace bmc::differential;

class Runner {
 public:
  explicit Runner(Settings settings) : settings_(std::move(settings)) {}

  /// What is wrong with the tap's view of the stream; memcached's own death is not.
  std::string run(const Stream& stream, std::uint64_t seed) {
    try {
      if (!server_) server_ = std::make_unique<Server>();
      const Verdict verdict = play(*server_, stream, seed, settings_, counts_);
      if (verdict.is_spoilt) server_.reset();
      return verdict.objection;
    } catch (const Gone& gone) {
      fmt::print("seed {}: memcached is gone: {}\n", seed, gone.what);
      counts_.deaths++;
      server_.reset();
      return "";
    }
  }

  const Counts& counts() const { return counts_; }

 private:
  Settings settings_;
  Counts counts_;
  std::unique_ptr<Server> server_;
};

void report(const Counts& c, double seconds) {
  fmt::print("{} streams ({:.0f}/s) in {} pieces, {} bytes; {} comparisons\n", c.streams,
             static_cast<double>(c.streams) / seconds, c.pieces, c.bytes, c.looks);
  fmt::print("{} changes of keys, {} of them published; {} copies dropped without need\n",
             c.changes, c.kept, c.needless);
  fmt::print("{} streams out of sync, {} with a flush; memcached ended {} times\n", c.out_of_sync,
             c.flushes, c.deaths);
}

void explain(Runner& runner, const Stream& stream, std::uint64_t seed,
             const std::string& objection) {
  fmt::print("seed {}: {}\n", seed, objection);
  const Stream smallest =
      minimise(stream, [&](const Stream& s) { return !runner.run(s, seed).empty(); });
  fmt::print("{}", dump(smallest));
  fmt::print("of which: {}\nagain by: bmc_differential --seed {} --rounds 1\n",
             runner.run(smallest, seed), seed);
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seed = std::random_device{}(), rounds = ~0ull;
  double seconds = 10;
  std::uint32_t broken = 0;
  std::string forge;
  CLI::App app{"Compares what the tap takes a stream of commands for with what memcached does."};
  app.add_option("--seed", seed, "of the first stream; the next one has the next number");
  app.add_option("--seconds", seconds, "how long");
  auto* rounds_option =
      app.add_option("--rounds", rounds, "how many streams, however long it takes");
  app.add_option("--test-flags", broken, "BMC_TEST_*: a tap that is broken on purpose");
  app.add_option("--forge", forge, "FROM=TO, of equal length: the tap is shown TO for FROM");
  CLI11_PARSE(app, argc, argv);

  const std::size_t equals = forge.find('=');
  if (!forge.empty() && (equals == std::string::npos || equals * 2 + 1 != forge.size())) {
    fmt::print(stderr, "--forge wants two texts of equal length\n");
    return 2;
  }
  host_break(broken);
  Runner runner(forge.empty() ? Settings{}
                              : Settings{forge.substr(0, equals), forge.substr(equals + 1)});
  const auto begin = std::chrono::steady_clock::now();
  const auto passed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  fmt::print("seed {}\n", seed);
  std::fflush(stdout);
  for (std::uint64_t i = 0; i < rounds && (*rounds_option || passed() < seconds); i++) {
    const Stream stream = stream_of(seed + i);
    const std::string objection = runner.run(stream, seed + i);
    if (objection.empty()) continue;
    explain(runner, stream, seed + i, objection);
    return 1;
  }
  report(runner.counts(), passed());
  // A comparison that seldom takes place shows nothing.
  return runner.counts().deaths * 20 > runner.counts().streams ? 1 : 0;
}
