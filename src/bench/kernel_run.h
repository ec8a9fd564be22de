// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Runs the generator in the kernel: one pinned thread for each CPU that sends,
// and counters read once an interval.
#pragma once

#include <atomic>

#include "base/error.h"
#include "bench/kernel_options.h"
#include "bench/kernel_report.h"
#include "bench/progress.h"

namespace bmc::bench {

[[nodiscard]] Result<KernelReport> run_kernel(const KernelOptions& options,
                                              const std::atomic<bool>& stop,
                                              const Progress& progress);

}  // namespace bmc::bench
