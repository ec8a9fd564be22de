// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// All commands in one numbering, and what clients draw from in proportion to their weights.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "client/commands.h"

namespace bmc::lin {

struct Wheels {
  using Wheel = std::vector<std::uint8_t>;  ///< numbers of commands

  /// only: the names of the commands that are drawn; all of them if it is empty.
  explicit Wheels(const std::set<std::string>& only = {});

  std::vector<Command> all;
  Wheel readers, udp, text, binary;

 private:
  void add(std::span<const Command> commands, const std::set<std::string>& only, Wheel& tcp);
};

/// The names of all commands, in the order of their numbers. Behind them, what is not drawn
/// like the others: a flush, and what happens to memcached.
const std::vector<const char*>& command_names();
std::uint8_t flush_command();
std::uint8_t restart_command();

}  // namespace bmc::lin
