// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "client/wheels.h"

namespace bmc::lin {

Wheels::Wheels(const std::set<std::string>& only) {
  add(text_commands(), only, text);
  add(meta_commands(), only, text);
  add(binary_commands(), only, binary);
}

void Wheels::add(std::span<const Command> commands, const std::set<std::string>& only,
                 Wheel& tcp) {
  for (const Command& command : commands) {
    const auto number = static_cast<std::uint8_t>(all.size());
    all.push_back(command);
    if (!only.empty() && !only.contains(command.name)) continue;
    readers.insert(readers.end(), static_cast<std::size_t>(command.reader_weight), number);
    udp.insert(udp.end(), static_cast<std::size_t>(command.udp_weight), number);
    tcp.insert(tcp.end(), static_cast<std::size_t>(command.tcp_weight), number);
  }
}

const std::vector<const char*>& command_names() {
  static const std::vector<const char*> kNames = [] {
    std::vector<const char*> names;
    for (const Command& command : Wheels().all) names.push_back(command.name);
    names.push_back("flush_all");
    names.push_back("(restart)");
    return names;
  }();
  return kNames;
}

std::uint8_t flush_command() { return static_cast<std::uint8_t>(command_names().size() - 2); }
std::uint8_t restart_command() { return static_cast<std::uint8_t>(command_names().size() - 1); }

}  // namespace bmc::lin
