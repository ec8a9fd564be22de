// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <array>
#include <string>

#include "client/binary.h"
#include "client/commands.h"

namespace bmc::lin {
namespace {

// In binary an exptime is unsigned; longer than 30 days it is a Unix time, and
// this one is long past.
std::uint32_t exptime(std::int32_t ttl_s) {
  return ttl_s < 0 ? 30 * 24 * 3600 + 1 : static_cast<std::uint32_t>(ttl_s);
}

Request binary_request(std::string bytes, const Op& op) {
  Request request;
  request.bytes = std::move(bytes);
  request.framing = Framing::kBinary;
  request.op = op;
  return request;
}

Request quiet(Request request, Outcome outcome) {
  request.bytes += binary::request(binary::kNoop, {});
  request.framing = Framing::kBinaryUntilNoop;
  request.if_silent = outcome;
  return request;
}

Request put(Author& author, binary::Opcode opcode) {
  const std::uint32_t key = author.key_to_write();
  const Op op = put_on(author, key, author.ttl(key));
  return binary_request(
      binary::request(opcode, author.keys().name(key),
                      binary::store_extras(author.put_flags(key, op.id), exptime(op.ttl_s)),
                      author.put_value(key, op.id)),
      op);
}

Request set(Author& author) { return put(author, binary::kSet); }
Request add(Author& author) { return put(author, binary::kAdd); }
Request replace(Author& author) { return put(author, binary::kReplace); }
Request set_quiet(Author& author) { return quiet(put(author, binary::kSetQ), Outcome::kDone); }
// Its silence proves nothing: memcached 1.6.18, when a request arrives in pieces, may lose the error
// that it owes to a quiet command.
Request add_quiet(Author& author) { return quiet(put(author, binary::kAddQ), Outcome::kUnknown); }

Request extend(Author& author, binary::Opcode opcode, TokenKind kind) {
  const std::uint32_t key = author.value_to_write();
  const Op op = op_on(key, Effect::kExtend, kNoTtl, author.new_id());
  Request request = binary_request(
      binary::request(opcode, author.keys().name(key), {},
                      compose_token(kind, op.id, below(author.random(), 30))),
      op);
  request.refusal_is_absence = true;
  return request;
}

Request append(Author& author) { return extend(author, binary::kAppend, TokenKind::kAppend); }
Request prepend(Author& author) { return extend(author, binary::kPrepend, TokenKind::kPrepend); }
Request append_quiet(Author& author) {
  return quiet(extend(author, binary::kAppendQ, TokenKind::kAppend), Outcome::kUnknown);
}

Request remove(Author& author, binary::Opcode opcode) {
  const std::uint32_t key = author.key_to_remove();
  return binary_request(binary::request(opcode, author.keys().name(key)),
                        op_on(key, Effect::kRemove));
}

Request remove(Author& author) { return remove(author, binary::kDelete); }
Request remove_quiet(Author& author) {
  return quiet(remove(author, binary::kDeleteQ), Outcome::kDone);
}

Request count(Author& author, binary::Opcode opcode) {
  const std::uint32_t key = author.counter_to_count(opcode != binary::kDecrement);
  const Op op = op_on(key, Effect::kCount, kNoTtl, author.new_id());
  return binary_request(binary::request(opcode, author.keys().name(key),
                                        binary::counter_extras(1 + below(author.random(), 9))),
                        op);
}

Request increment(Author& author) { return count(author, binary::kIncrement); }
Request decrement(Author& author) { return count(author, binary::kDecrement); }
Request increment_quiet(Author& author) {
  return quiet(count(author, binary::kIncrementQ), Outcome::kUnknown);
}

Request touching(Author& author, binary::Opcode opcode) {
  const std::uint32_t key = author.key_to_write();
  const Op op = op_on(key, Effect::kTouch, author.touch_ttl(key));
  return binary_request(binary::request(opcode, author.keys().name(key),
                                        binary::touch_extras(exptime(op.ttl_s))),
                        op);
}

Request touch(Author& author) { return touching(author, binary::kTouch); }
Request get_and_touch(Author& author) {
  Request request = touching(author, binary::kGat);
  request.reads = {request.op.key};
  return request;
}

Request get(Author& author) {
  const std::uint32_t key = author.key_to_read();
  Request request =
      binary_request(binary::request(binary::kGetK, author.keys().name(key)), Op{});
  request.reads = {key};
  return request;
}

constexpr std::array<Command, 16> kCommands = {{
    {"binary get", 15, 100, get},
    {"binary set", 20, 250, set},
    {"binary add", 5, 40, add},
    {"binary replace", 5, 40, replace},
    {"binary append", 5, 40, append},
    {"binary prepend", 5, 20, prepend},
    {"binary delete", 5, 60, remove},
    {"binary incr", 5, 50, increment},
    {"binary decr", 5, 40, decrement},
    {"binary touch", 5, 40, touch},
    {"binary gat", 5, 40, get_and_touch},
    {"binary setq", 5, 60, set_quiet},
    {"binary addq", 2, 20, add_quiet},
    {"binary appendq", 2, 20, append_quiet},
    {"binary deleteq", 2, 30, remove_quiet},
    {"binary incrq", 1, 8, increment_quiet},
}};

}  // namespace

std::span<const Command> binary_commands() { return kCommands; }

}  // namespace bmc::lin
