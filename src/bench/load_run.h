// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Runs a load: opens the connections, preloads if asked, runs the threads,
// watches them, and reports.
#pragma once

#include "bench/load_plan.h"
#include "bench/load_report.h"
#include "bench/progress.h"

namespace bmc::bench {

[[nodiscard]] Result<LoadReport> run_load(LoadPlan& plan, const Progress& progress);

}  // namespace bmc::bench
