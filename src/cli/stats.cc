// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <fmt/core.h>

#include <chrono>
#include <memory>
#include <thread>

#include "base/units.h"
#include "cli/commands.h"
#include "cli/instance_option.h"
#include "cli/stats_view.h"

namespace bmc::cli {
namespace {

struct Words {
  std::string name;
  std::string interval;
  bool json = false;
  bool watch = false;
};

Result<void> print_once(const KernelSide& kernel, bool json) {
  const auto view = StatsView::read(kernel);
  if (!view) return std::unexpected(view.error());
  fmt::print("{}", json ? view->json().dump(2) + "\n" : view->text());
  return {};
}

/// Rates, a line each interval, until interrupted.
Result<void> watch(const KernelSide& kernel, std::chrono::nanoseconds interval, bool json) {
  auto before = StatsView::read(kernel);
  for (unsigned line = 0; before; line++) {
    std::this_thread::sleep_for(interval);
    auto now = StatsView::read(kernel);
    if (!now) return std::unexpected(now.error());
    if (json) {
      fmt::print("{}\n", now->json().dump());
    } else {
      if (line % 20 == 0) fmt::print("{}", StatsView::rate_heading());
      fmt::print("{}", now->rate_line(*before));
    }
    std::fflush(stdout);
    before = std::move(now);
  }
  return std::unexpected(before.error());
}

Result<void> stats(const Words& words) {
  const auto kernel = open_instance(words.name);
  if (!kernel) return std::unexpected(kernel.error());
  if (!words.watch) return print_once(*kernel, words.json);
  const auto interval = parse_duration(words.interval.empty() ? "1s" : words.interval);
  if (!interval) return std::unexpected(interval.error());
  return watch(*kernel, *interval, words.json);
}

}  // namespace

void add_stats(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("stats", "Count what was served, passed, filled and why");
  const auto words = std::make_shared<Words>();
  add_name_option(*command, words->name);
  command->add_flag("--json", words->json, "Print JSON");
  CLI::Option* watch =
      command->add_option("--watch", words->interval, "Print rates each interval (totals with --json), 1s if not given")
          ->expected(0, 1);
  command->footer("Example: bmc stats --watch 500ms");
  command->callback([words, watch, &action] {
    words->watch = watch->count() > 0;
    action = [words] { return stats(*words); };
  });
}

}  // namespace bmc::cli
