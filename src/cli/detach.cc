// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <fmt/core.h>

#include <csignal>
#include <memory>
#include <thread>

#include "bpf/pins.h"
#include "cli/commands.h"
#include "cli/instance_option.h"
#include "daemon/lock_file.h"
#include "daemon/teardown.h"

namespace bmc::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 10s;

/// A daemon that lives does it itself, and ends.
Result<void> ask_daemon(const std::string& name, pid_t daemon) {
  if (::kill(daemon, SIGTERM) != 0)
    return fail(fmt::format("cannot stop process {}", daemon), errno);
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  while (living_daemon(name)) {
    if (std::chrono::steady_clock::now() > give_up) {
      return fail(fmt::format("the daemon, process {}, does not end", daemon), 0,
                  fmt::format("kill -9 {}, then bmc detach", daemon));
    }
    std::this_thread::sleep_for(20ms);
  }
  return {};
}

Result<void> detach(const std::string& name, bool force) {
  const auto selected = select_instance(name);
  if (!selected) return std::unexpected(selected.error());
  if (const auto daemon = living_daemon(*selected)) {
    if (auto asked = ask_daemon(*selected, *daemon); !asked) return asked;
  }
  // Against a daemon that begins at this moment.
  const auto lock = LockFile::take(*selected);
  if (!lock) return std::unexpected(lock.error());
  const auto connections = force ? Connections::kReset : Connections::kKeep;
  const auto left = tear_down(pin_folder(*selected), connections);
  if (!left) return std::unexpected(left.error());
  const auto unpublished =
      tear_down(unpublished_pin_folder(*selected), Connections::kReset);
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
  CLI::App* command =
      app.add_subcommand("detach", "Stop serving, and remove everything that no open connection needs");
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
