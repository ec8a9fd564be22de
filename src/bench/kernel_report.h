// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The outcome of `bench kernel`. Rates are medians over the slices, since one
// disturbed second must not move the result.
#pragma once

#include <string>
#include <vector>

#include "bench/kernel_options.h"
#include "bmc/bench.h"

namespace bmc::bench {

/// Rates of one interval, per second.
struct KernelSlice {
  double t_s = 0;
  double sent_rps = 0;
  double replies_rps = 0;
  double values_rps = 0;
  double ends_rps = 0;
  double echoes_rps = 0;
  double others_rps = 0;
};

struct KernelReport {
  KernelOptions options;
  std::vector<KernelSlice> slices;
  std::uint64_t sent = 0;  ///< in all slices
  bmc_bench_replies replies{};
  std::uint64_t samples = 0;  ///< replies verified in full
  std::uint64_t wrong = 0;
  std::vector<std::string> complaints;

  double median(double KernelSlice::* rate) const;
};

std::string to_text(const KernelReport& report);
std::string to_json(const KernelReport& report);

}  // namespace bmc::bench
