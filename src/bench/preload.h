// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Stores every key once, over one TCP connection, before a run.
#pragma once

#include "bench/load_plan.h"
#include "bench/progress.h"

namespace bmc::bench {

[[nodiscard]] Result<void> preload(LoadPlan& plan, const Progress& progress);

}  // namespace bmc::bench
