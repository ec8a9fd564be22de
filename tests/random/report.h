// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What a run did and found, for people and as JSON.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "checker.h"
#include "history_of_client.h"
#include "keys.h"
#include "op.h"

namespace bmc::random_test {

struct Result {
  History history;
  std::vector<Violation> violations;
  std::vector<ClientHistory> clients;
  double seconds = 0;
  double check_seconds = 0;
};

/// The violation, the writes of the value and what happened to the key around the proof.
std::string explain(const Result& result, const Violation& violation, const Keys& keys);

nlohmann::json to_json(const Result& result, const Keys& keys);
std::string to_text(const Result& result, const Keys& keys);

}  // namespace bmc::random_test
