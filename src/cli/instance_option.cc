// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cli/instance_option.h"

#include "bpf/pins.h"

namespace bmc::cli {

void add_name_option(CLI::App& command, std::string& name) {
  command.add_option("--name", name, "Which instance, if there is more than one");
}

Result<KernelSide> open_instance(const std::string& name) {
  const auto selected = select_instance(name);
  if (!selected) return std::unexpected(selected.error());
  return KernelSide::open(pin_folder(*selected));
}

}  // namespace bmc::cli
