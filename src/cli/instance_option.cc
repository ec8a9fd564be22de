// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cli/instance_option.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>

#include "bpf/pins.h"
#include "daemon/lock_file.h"

namespace bmc::cli {
namespace {

using Names = std::set<std::string>;

std::string name_hint(const Names& names) {
  return fmt::format("--name {}", fmt::join(names, " or "));
}

/// Names that have no published pins: what a daemon is about to attach, or left half made.
Names unpublished_names(const PinnedInstances& pinned) {
  Names names(pinned.unpublished.begin(), pinned.unpublished.end());
  for (const std::string& name : list_living_daemons()) names.insert(name);
  for (const std::string& name : pinned.published) names.erase(name);
  return names;
}

Error unpublished_error(const std::string& name) {
  if (const auto daemon = living_daemon(name)) {
    return {fmt::format("instance {} is not attached yet: its daemon, process {}, is at it", name,
                        *daemon),
            0, "the same again in a moment"};
  }
  return {fmt::format("instance {} is half attached: its daemon was killed while it began", name),
          0, fmt::format("bmc detach --name {}, or bmc run", name)};
}

std::optional<std::string> choose(const Names& names, const std::string& wanted) {
  if (wanted.empty()) return names.size() == 1 ? std::optional(*names.begin()) : std::nullopt;
  return names.contains(wanted) ? std::optional(wanted) : std::nullopt;
}

Error no_choice_error(const Names& names, const std::string& wanted) {
  if (!wanted.empty()) {
    return {fmt::format("no instance called {} is attached", wanted), 0,
            names.empty() ? "bmc run" : name_hint(names)};
  }
  if (names.empty()) return {"no instance is attached", 0, "bmc run"};
  return {"more than one instance is attached", 0, name_hint(names), ExitCode::kUsage};
}

}  // namespace

void add_name_option(CLI::App& command, std::string& name) {
  command.add_option("--name", name, "Which instance, if there is more than one");
}

Result<std::string> select_instance(const std::string& name) {
  const auto pinned = list_instances();
  if (!pinned) return std::unexpected(pinned.error());
  const Names published(pinned->published.begin(), pinned->published.end());
  if (const auto chosen = choose(published, name)) return *chosen;
  const auto unpublished = choose(unpublished_names(*pinned), name);
  const bool is_meant = unpublished && (published.empty() || !name.empty());
  return std::unexpected(is_meant ? unpublished_error(*unpublished)
                                  : no_choice_error(published, name));
}

Result<std::string> select_removable(const std::string& name) {
  const auto pinned = list_instances();
  if (!pinned) return std::unexpected(pinned.error());
  Names names = unpublished_names(*pinned);
  names.insert(pinned->published.begin(), pinned->published.end());
  if (const auto chosen = choose(names, name)) return *chosen;
  return std::unexpected(no_choice_error(names, name));
}

Result<KernelSide> open_instance(const std::string& name) {
  const auto selected = select_instance(name);
  if (!selected) return std::unexpected(selected.error());
  return KernelSide::open(pin_folder(*selected));
}

}  // namespace bmc::cli
