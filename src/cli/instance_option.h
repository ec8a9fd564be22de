// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// --name, for the commands that look at an attached instance.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "bpf/kernel_side.h"

namespace bmc::cli {

void add_name_option(CLI::App& command, std::string& name);

/// The instance called @name, or the only one.
Result<KernelSide> open_instance(const std::string& name);

}  // namespace bmc::cli
