// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The bare XDP echo: see echo.bpf.c. Whatever ends the process detaches it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "bench/progress.h"
#include "bmc/bench.h"

namespace bmc::bench {

struct EchoOptions {
  std::string interface;
  std::uint16_t port = 11211;
  std::uint16_t reply_bytes = 0;                     ///< UDP payload of every answer
  std::optional<std::chrono::nanoseconds> duration;  ///< absent: until stopped
};

/// Answers until the time is over or @stop is set; reports that it has begun.
[[nodiscard]] Result<bmc_bench_echoes> run_echo(const EchoOptions& options,
                                                const std::atomic<bool>& stop,
                                                const Progress& progress);

}  // namespace bmc::bench
