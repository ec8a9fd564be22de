// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <fmt/core.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "base/units.h"
#include "cli/commands.h"
#include "cli/instance_option.h"
#include "cli/stats_view.h"
#include "daemon/lock_file.h"

namespace bmc::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds kShortestInterval = 10ms;
constexpr auto kReloadTakes = 30s;
constexpr unsigned kLinesPerHeading = 20;

struct Words {
  std::string name;
  std::string interval;
  bool json = false;
  bool watch = false;
};

struct Sample {
  StatsView view;
  std::uint64_t load;  ///< which one the counters are of: they begin at 0
};

/// Nothing of the instance is held between two samples: what is replaced gives its memory back.
Result<Sample> take_sample(const std::string& name) {
  const auto kernel = open_instance(name);
  if (!kernel) return std::unexpected(kernel.error());
  auto view = StatsView::read(*kernel);
  if (!view) return std::unexpected(view.error());
  return Sample{std::move(*view), kernel->config().hash_seed};
}

/// A daemon that loads the instance anew is waited for.
Result<Sample> take_next_sample(const std::string& name) {
  const auto give_up = std::chrono::steady_clock::now() + kReloadTakes;
  auto sample = take_sample(name);
  while (!sample && living_daemon(name) && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(kShortestInterval);
    sample = take_sample(name);
  }
  if (sample) return sample;
  const auto selected = select_instance(name);  // it may have gone while it was opened
  return std::unexpected(selected ? sample.error() : selected.error());
}

void print_rates(const StatsView& now, const StatsView& before, bool with_heading) {
  fmt::print("{}{}", with_heading ? StatsView::rate_heading() : "", now.rate_line(before));
}

/// Rates, a line each interval, until interrupted or until the instance is gone.
Result<void> watch(const std::string& name, std::chrono::nanoseconds interval, bool json) {
  auto before = take_sample(name);
  for (unsigned line = 0; before; line++) {
    std::this_thread::sleep_for(interval);
    auto now = take_next_sample(name);
    if (!now) return std::unexpected(now.error());
    const bool is_same = now->load == before->load;
    if (!is_same) fmt::print(stderr, "bmc: {} was loaded anew, its counters began at 0\n", name);
    if (json) {
      fmt::print("{}\n", now->view.json().dump());
    } else if (is_same) {
      print_rates(now->view, before->view, line % kLinesPerHeading == 0);
    }
    if (std::fflush(stdout) != 0) return fail("cannot write to standard output", errno);
    before = std::move(now);
  }
  return std::unexpected(before.error());
}

Result<std::chrono::nanoseconds> parse_interval(const std::string& text) {
  const auto interval = parse_duration(text.empty() ? "1s" : text);
  if (!interval || *interval >= kShortestInterval) return interval;
  return fail(fmt::format("'{}' is too short an interval", text), 0, "--watch 10ms or longer",
              ExitCode::kUsage);
}

Result<void> stats(const Words& words) {
  const auto interval = parse_interval(words.interval);
  if (!interval) return std::unexpected(interval.error());
  const auto name = select_instance(words.name);
  if (!name) return std::unexpected(name.error());
  if (words.watch) return watch(*name, *interval, words.json);
  const auto sample = take_sample(*name);
  if (!sample) return std::unexpected(sample.error());
  fmt::print("{}", words.json ? sample->view.json().dump(2) + "\n" : sample->view.text());
  return {};
}

}  // namespace

void add_stats(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("stats", "Count what was served, passed, filled and why");
  const auto words = std::make_shared<Words>();
  add_name_option(*command, words->name);
  command->add_flag("--json", words->json, "Print JSON");
  CLI::Option* watch =
      command
          ->add_option("--watch", words->interval,
                       "Print rates each interval (totals with --json), 1s if not given,\n"
                       "until interrupted or until the instance is gone")
          ->expected(0, 1);
  command->footer("Example: bmc stats --watch 500ms");
  command->callback([words, watch, &action] {
    words->watch = watch->count() > 0;
    action = [words] { return stats(*words); };
  });
}

}  // namespace bmc::cli
