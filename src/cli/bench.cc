// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <csignal>
#include <unistd.h>

#include <fmt/core.h>

#include "base/units.h"
#include "bench/load_run.h"
#include "cli/commands.h"

namespace bmc::cli {
namespace {

void add_load(CLI::App& bench, Action& action) {
  auto options = std::make_shared<bench::LoadOptions>();
  CLI::App* command = bench.add_subcommand("udp", "Load a server with gets over UDP");
  command->add_option("SERVER", options->server, "HOST[:PORT]")->required();
  command->add_flag("--preload", options->preload, "Store all keys first");
  command->callback([options, &action] {
    action = [options]() -> Result<void> {
      static std::atomic<bool> stop{false};
      auto plan = bench::LoadPlan::make(*options, stop);
      if (!plan) return std::unexpected(plan.error());
      const auto report = bench::run_load(**plan, [](const std::string& line) {
        fmt::print(stderr, "{}\n", line);
      });
      if (!report) return std::unexpected(report.error());
      fmt::print("{}", bench::to_text(*report));
      return {};
    };
  });
}

}  // namespace

void add_bench(CLI::App& app, Action& action) {
  CLI::App* bench = app.add_subcommand("bench", "Measure a memcached server");
  bench->require_subcommand(1);
  add_load(*bench, action);
}

}  // namespace bmc::cli
