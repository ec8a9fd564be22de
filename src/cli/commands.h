// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The subcommands. Each add_* declares one subcommand with its options on the
// application and registers what runs when it is chosen; the result becomes
// the process's exit code. One file a command; main.cc lists them.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "base/error.h"

namespace bmc::cli {

/// What the chosen subcommand does. Set by a subcommand's callback, run by main
/// after parsing, so that parsing never has effects.
using Action = std::function<Result<void>()>;

void add_bench(CLI::App& app, Action& action);
void add_check(CLI::App& app, Action& action);
void add_detach(CLI::App& app, Action& action);
void add_dump(CLI::App& app, Action& action);
void add_flush(CLI::App& app, Action& action);
void add_run(CLI::App& app, Action& action);
void add_stats(CLI::App& app, Action& action);
void add_status(CLI::App& app, Action& action);
void add_version(CLI::App& app, Action& action);

}  // namespace bmc::cli
