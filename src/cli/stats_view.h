// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The counters of an instance at one moment, as JSON, as a table, and as rates.
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "bpf/counters.h"
#include "bpf/flows.h"

namespace bmc::cli {

class StatsView {
 public:
  static Result<StatsView> read(const KernelSide& kernel);

  nlohmann::json json() const;
  std::string text() const;

  static std::string rate_heading();
  std::string rate_line(const StatsView& before) const;

 private:
  std::uint64_t items() const;
  std::uint64_t hits() const;
  std::uint64_t passes() const;
  nlohmann::json tcp_json() const;
  std::string tcp_text() const;

  bmc_stats stats_{};
  bmc_tcp_stats tcp_{};
  FlowCount flows_{};
  bool serves_tcp_ = false;
  bmc_state state_{};
  std::array<bmc_class, BMC_CLASSES> classes_{};
  std::vector<Unsynced> unsynced_;
  std::uint32_t slabs_ = 0;
  std::uint32_t buckets_ = 0;
  std::uint64_t now_ns_ = 0;
};

}  // namespace bmc::cli
