// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <array>

#include <fmt/core.h>

#include "client/commands.h"

namespace bmc::lin {
namespace {

Request reading(std::string bytes, std::vector<std::uint32_t> keys) {
  Request request;
  request.bytes = std::move(bytes);
  request.reads = std::move(keys);
  return request;
}

Request get(Author& author) {
  const std::uint32_t key = author.key_to_read();
  return reading(fmt::format("get {}\r\n", author.keys().name(key)), {key});
}

Request gets(Author& author) {
  const std::uint32_t key = author.key_to_read();
  return reading(fmt::format("gets {}\r\n", author.keys().name(key)), {key});
}

Request multi_get(Author& author) {
  std::vector<std::uint32_t> keys(2 + below(author.random(), author.one_in(4) ? 30 : 4));
  std::string line = "get";
  for (std::uint32_t& key : keys) {
    key = author.key_to_read();
    line += " " + author.keys().name(key);
  }
  // Longer than a datagram of the wire: leave it to the shorter ones.
  return line.size() > 1400 ? get(author) : reading(line + "\r\n", std::move(keys));
}

/// `<verb> <key> <flags> <exptime> <bytes> <rest>` and its data block.
std::string store_bytes(std::string_view verb, const std::string& name, std::uint32_t flags,
                        std::int32_t ttl_s, const std::string& value, std::string_view rest = "") {
  return fmt::format("{} {} {} {} {}{}\r\n{}\r\n", verb, name, flags, ttl_s, value.size(), rest,
                     value);
}

Request put(Author& author, std::string_view verb, std::string_view rest = "") {
  const std::uint32_t key = author.key_to_write();
  Request request;
  request.op = put_on(author, key, author.ttl(key));
  request.bytes = store_bytes(verb, author.keys().name(key), author.put_flags(key, request.op.id),
                              request.op.ttl_s, author.put_value(key, request.op.id), rest);
  return request;
}

Request set(Author& author) { return put(author, "set"); }
Request add(Author& author) { return put(author, "add"); }

Request replace(Author& author) {
  Request request = put(author, "replace");
  request.refusal_is_absence = true;
  return request;
}

Request noreply(Request request, Outcome outcome) {
  request.framing = Framing::kNone;
  request.if_silent = outcome;
  return request;
}

Request set_noreply(Author& author) {
  return noreply(put(author, "set", " noreply"), Outcome::kDone);
}
Request add_noreply(Author& author) {
  return noreply(put(author, "add", " noreply"), Outcome::kUnknown);
}

Request extend(Author& author, TokenKind kind, std::string_view rest = "") {
  const std::uint32_t key = author.value_to_write();
  Request request;
  request.op = op_on(key, Effect::kExtend, kNoTtl, author.new_id());
  request.refusal_is_absence = true;
  request.bytes = store_bytes(kind == TokenKind::kAppend ? "append" : "prepend",
                              author.keys().name(key), 0, 0,
                              compose_token(kind, request.op.id, below(author.random(), 30)), rest);
  return request;
}

Request append(Author& author) { return extend(author, TokenKind::kAppend); }
Request prepend(Author& author) { return extend(author, TokenKind::kPrepend); }
Request append_noreply(Author& author) {
  return noreply(extend(author, TokenKind::kAppend, " noreply"), Outcome::kUnknown);
}

/// Of a key whose CAS unique this writer has seen, if there is one.
Request cas(Author& author) {
  const auto taken = author.take_seen();
  if (!taken) return gets(author);
  const auto& [key, seen] = *taken;
  Request request;
  request.op = put_on(author, key, author.ttl(key));
  request.has_expected = true;
  request.expected_since = seen.at;
  request.expected_parts = seen.parts;
  request.expected_number = seen.number;
  request.bytes = store_bytes("cas", author.keys().name(key), author.put_flags(key, request.op.id),
                              request.op.ttl_s, author.put_value(key, request.op.id),
                              fmt::format(" {}", seen.cas));
  return request;
}

Request count(Author& author, std::string_view verb, std::string_view rest = "") {
  const std::uint32_t key = author.counter_to_count(verb == "incr");
  Request request;
  request.op = op_on(key, Effect::kCount, kNoTtl, author.new_id());
  request.bytes = fmt::format("{} {} {}{}\r\n", verb, author.keys().name(key),
                              1 + below(author.random(), 9), rest);
  return request;
}

Request incr(Author& author) { return count(author, "incr"); }
Request decr(Author& author) { return count(author, "decr"); }
Request incr_noreply(Author& author) {
  return noreply(count(author, "incr", " noreply"), Outcome::kUnknown);
}

Request remove(Author& author, std::string_view rest = "") {
  const std::uint32_t key = author.key_to_remove();
  Request request;
  request.op = op_on(key, Effect::kRemove);
  request.bytes = fmt::format("delete {}{}\r\n", author.keys().name(key), rest);
  return request;
}

Request remove(Author& author) { return remove(author, ""); }
Request remove_noreply(Author& author) {
  return noreply(remove(author, " noreply"), Outcome::kDone);
}

Request touch(Author& author) {
  const std::uint32_t key = author.key_to_write();
  Request request;
  request.op = op_on(key, Effect::kTouch, author.touch_ttl(key));
  request.bytes = fmt::format("touch {} {}\r\n", author.keys().name(key), request.op.ttl_s);
  return request;
}

Request get_and_touch(Author& author) {
  Request request = touch(author);
  request.bytes =
      fmt::format("gat {} {}\r\n", request.op.ttl_s, author.keys().name(request.op.key));
  request.reads = {request.op.key};
  return request;
}

/// Refused for its size, whereupon memcached removes the old value all the same.
Request set_too_large(Author& author) {
  if (!author.writes_too_large_values()) return set(author);
  const std::uint32_t key = author.key_to_remove();
  Request request;
  request.op = op_on(key, Effect::kRemove);
  request.bytes = store_bytes("set", author.keys().name(key), 0, 0, std::string(1100000, 'L'));
  return request;
}

constexpr std::array<Command, 20> kCommands = {{
    {"get", 4000, 250, get, 80},
    {"multi-get", 500, 60, multi_get, 5},
    {"gets", 0, 150, gets},
    {"set", 250, 900, set},
    {"add", 40, 120, add},
    {"replace", 30, 100, replace},
    {"append", 30, 120, append},
    {"prepend", 15, 60, prepend},
    {"cas", 20, 150, cas},
    {"incr", 30, 150, incr},
    {"decr", 20, 100, decr},
    {"delete", 40, 150, remove},
    {"touch", 30, 100, touch},
    {"gat", 20, 80, get_and_touch},
    {"set noreply", 4, 120, set_noreply},
    {"add noreply", 1, 20, add_noreply},
    {"append noreply", 1, 20, append_noreply},
    {"incr noreply", 0, 15, incr_noreply},
    {"delete noreply", 2, 40, remove_noreply},
    {"set too large", 0, 1, set_too_large},
}};

}  // namespace

std::span<const Command> text_commands() { return kCommands; }

}  // namespace bmc::lin
