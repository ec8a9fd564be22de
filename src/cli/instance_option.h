// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// --name, for the commands that work on an attached instance.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "bpf/kernel_side.h"

namespace bmc::cli {

void add_name_option(CLI::App& command, std::string& name);

/// The published instance called @name, or the only one if @name is empty.
Result<std::string> select_instance(const std::string& name);

/// The same among all of which anything is there to be removed: published, half made, or only a
/// daemon that will attach in a moment.
Result<std::string> select_removable(const std::string& name);

Result<KernelSide> open_instance(const std::string& name);

}  // namespace bmc::cli
