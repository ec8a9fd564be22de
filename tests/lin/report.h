// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What a run did and found, for people and as JSON.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "check/violation.h"
#include "client/keys.h"
#include "history/client_history.h"
#include "history/op.h"

namespace bmc::lin {

struct Result {
  std::uint64_t seed = 0;
  History history;
  std::vector<Violation> violations;
  std::vector<ClientHistory> clients;
  double seconds = 0;
  double check_seconds = 0;
};

nlohmann::json to_json(const Result& result, const Keys& keys);
std::string to_text(const Result& result, const Keys& keys);

}  // namespace bmc::lin
