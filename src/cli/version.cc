// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <fmt/core.h>

#include "cli/commands.h"

namespace bmc::cli {

void add_version(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("version", "Print the version and exit");
  command->callback([&action] {
    action = []() -> Result<void> {
      fmt::print("bmc {}\n", BMC_VERSION);
      return {};
    };
  });
}

}  // namespace bmc::cli
