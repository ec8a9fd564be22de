// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <fmt/core.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <memory>
#include <thread>

#include "base/signals.h"
#include "bpf/pins.h"
#include "cli/commands.h"
#include "cli/instance_option.h"
#include "daemon/lock_file.h"
#include "daemon/teardown.h"

namespace bmc::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 20s;  // a daemon that is just loading ends only then

Error busy_error(const std::string& name) {
  if (const auto daemon = living_daemon(name)) {
    return {fmt::format("the daemon, process {}, does not end", *daemon), 0,
            fmt::format("kill -9 {}, then bmc detach", *daemon)};
  }
  return {fmt::format("another bmc detach of {} does not end", name), 0, "the same again"};
}

/// A daemon that lives removes everything itself, and ends; another detach is waited for.
Result<LockFile> take_lock(const std::string& name) {
  pid_t asked = 0;
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < give_up) {
    auto lock = LockFile::try_take(name);
    if (!lock) return std::unexpected(lock.error());
    if (*lock) return std::move(**lock);
    const pid_t daemon = living_daemon(name).value_or(asked);
    if (daemon != asked && ::kill(daemon, SIGTERM) != 0 && errno != ESRCH) {
      return fail(fmt::format("cannot stop process {}", daemon), errno);
    }
    asked = daemon;
    std::this_thread::sleep_for(20ms);
  }
  return std::unexpected(busy_error(name));
}

Result<void> detach(const std::string& name, bool force) {
  const auto selected = select_removable(name);
  if (!selected) return std::unexpected(selected.error());
  const auto lock = take_lock(*selected);
  if (!lock) return std::unexpected(lock.error());
  hold_ending_signals();  // what is half removed nobody finds again
  const auto connections = force ? Connections::kReset : Connections::kKeep;
  const auto left = tear_down(pin_folder(*selected), connections);
  if (!left) return std::unexpected(left.error());
  const auto unpublished = tear_down(unpublished_pin_folder(*selected), Connections::kReset);
  if (!unpublished) return std::unexpected(unpublished.error());
  lock->remove_folder();
  if (*left == 0) {
    fmt::print("detached {}\n", *selected);
    return {};
  }
  fmt::print(
      "{} serves no more. {} TCP connections on which it has answered are translated until they\n"
      "close; bmc detach then removes the rest, bmc detach --force resets them now.\n",
      *selected, *left);
  return {};
}

}  // namespace

void add_detach(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand(
      "detach", "Stop serving, and remove everything that no open connection needs");
  const auto name = std::make_shared<std::string>();
  const auto force = std::make_shared<bool>(false);
  add_name_option(*command, *name);
  command->add_flag("--force", *force,
                    "Reset the TCP connections on which something was answered: without BMC\n"
                    "the two ends do not agree on their sequence numbers any more");
  command->footer(
      "As long as TCP connections are open on which something was answered,\n"
      "what translates them stays, unless --force is given; call it again when they are closed.\n\n"
      "Example: bmc detach --name 11211");
  command->callback(
      [name, force, &action] { action = [name, force] { return detach(*name, *force); }; });
}

}  // namespace bmc::cli
