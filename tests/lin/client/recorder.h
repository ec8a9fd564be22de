// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Turns requests and their replies into the operations of one client's history.
#pragma once

#include <cstdint>
#include <vector>

#include "client/author.h"
#include "client/reply.h"
#include "client/request.h"
#include "history/client_history.h"

namespace bmc::lin {

class Recorder {
 public:
  Recorder(Author& author, ClientHistory& history) : author_(author), history_(history) {}

  /// A request that was answered.
  void answered(const Request& request, const Reply& reply, Nanoseconds invoked,
                Nanoseconds answered, std::uint8_t command);

  /// A request without an answer. A noreply command on a connection that
  /// answered a later one at `answered` was over by then; kNever otherwise.
  void unanswered(const Request& request, Nanoseconds invoked, Nanoseconds answered,
                  std::uint8_t command);

 private:
  void add(Op op, Nanoseconds invoked, Nanoseconds answered, std::uint8_t command);
  void record_effect(const Request& request, const Reply& reply, Nanoseconds invoked,
                     Nanoseconds answered, std::uint8_t command);
  void record_reads(const Request& request, const Reply& reply, Nanoseconds invoked,
                    Nanoseconds answered, std::uint8_t command);
  Op read_of(std::uint32_t key, const SeenValue& seen, Nanoseconds invoked);

  Author& author_;
  ClientHistory& history_;
};

}  // namespace bmc::lin
