// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What a run did and found, for people and as JSON.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "net/findings.h"

namespace bmc::stream {

struct Summary {
  std::uint64_t seed = 0;
  double seconds = 0;
  Findings findings;
};

nlohmann::json to_json(const Summary& summary);
std::string to_text(const Summary& summary);

}  // namespace bmc::stream
