// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Every kind of request that the clients mix, with how often it is drawn on
// each transport. One table a protocol.
#pragma once

#include <span>

#include "client/author.h"
#include "client/request.h"

namespace bmc::lin {

struct Command {
  const char* name;
  int udp_weight;
  int tcp_weight;
  Request (*make)(Author&);
  int reader_weight = 0;  ///< over UDP, in turns that only read
};

std::span<const Command> text_commands();
std::span<const Command> meta_commands();
std::span<const Command> binary_commands();  ///< on a TCP connection of their own

/// The description of an operation on a key: what it does if it is done.
inline Op op_on(std::uint32_t key, Effect effect, std::int32_t ttl_s = kNoTtl, WriteId id = 0) {
  Op op;
  op.key = key;
  op.effect = effect;
  op.ttl_s = ttl_s;
  op.id = id;
  return op;
}

/// A read, as seen.
inline Op op_on_read(std::uint32_t key) {
  Op op = op_on(key, Effect::kRead);
  op.outcome = Outcome::kDone;
  return op;
}

/// A put of a fresh value: the operation and the value.
inline Op put_on(Author& author, std::uint32_t key, std::int32_t ttl_s) {
  Op op = op_on(key, Effect::kPut, ttl_s, author.new_id());
  op.number = counter_base(op.id);
  return op;
}

}  // namespace bmc::lin
