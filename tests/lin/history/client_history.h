// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What one client collects while it runs, and how clients' collections become
// one history.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "history/op.h"

namespace bmc::lin {

struct ClientHistory {
  std::vector<Op> ops;
  std::vector<WriteId> parts;
  std::uint64_t requests = 0;
  std::uint64_t timeouts = 0;    ///< requests over UDP without an answer
  std::uint64_t reconnects = 0;
  std::vector<std::uint64_t> requests_by_command;
};

inline History join(std::span<const ClientHistory> clients) {
  History history;
  for (const ClientHistory& client : clients) {
    const auto offset = static_cast<std::uint32_t>(history.parts.size());
    for (Op op : client.ops) {
      op.parts += offset;
      history.ops.push_back(op);
    }
    history.parts.insert(history.parts.end(), client.parts.begin(), client.parts.end());
  }
  return history;
}

}  // namespace bmc::lin
