// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <fmt/core.h>

#include <memory>

#include "bpf/calls.h"
#include "cli/commands.h"
#include "cli/instance_option.h"

namespace bmc::cli {

void add_flush(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("flush", "Empty the cache in the kernel, not memcached");
  const auto name = std::make_shared<std::string>();
  add_name_option(*command, *name);
  command->footer("Example: bmc flush");
  command->callback([name, &action] {
    action = [name]() -> Result<void> {
      const auto kernel = open_instance(*name);
      if (!kernel) return std::unexpected(kernel.error());
      if (auto flushed = flush_cache(*kernel); !flushed) return flushed;
      fmt::print("flushed\n");
      return {};
    };
  });
}

}  // namespace bmc::cli
