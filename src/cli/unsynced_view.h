// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Connections out of sync: named wherever the state is shown, because a single
// one of them keeps the whole cache from being filled.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bpf/counters.h"

namespace bmc::cli {

nlohmann::json describe_unsynced(const std::vector<Unsynced>& connections, std::uint64_t now_ns);
std::string unsynced_text(const std::vector<Unsynced>& connections, std::uint64_t now_ns);

}  // namespace bmc::cli
