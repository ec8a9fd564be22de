// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// `bmc run`: composes the parts in one event loop of one thread. They meet only
// here and in the kernel side's state.
#pragma once

#include "base/error.h"
#include "daemon/options.h"

namespace bmc {

/// Runs until SIGTERM or SIGINT, and then leaves nothing behind; neither does a
/// failure. After SIGKILL everything stays attached for the next run.
Result<void> run_daemon(const RunOptions& options);

}  // namespace bmc
