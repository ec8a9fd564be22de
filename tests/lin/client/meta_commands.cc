// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <array>

#include <fmt/core.h>

#include "client/base64.h"
#include "client/commands.h"

namespace bmc::lin {
namespace {

Request until_mn(Request request, Outcome outcome) {
  request.bytes += "mn\r\n";
  request.framing = Framing::kTextUntilMn;
  request.if_silent = outcome;
  return request;
}

Request mg(Author& author, std::string_view flags) {
  const std::uint32_t key = author.key_to_read();
  Request request;
  request.reads = {key};
  request.bytes = fmt::format("mg {} {}\r\n", author.keys().name(key), flags);
  return request;
}

Request mg_value(Author& author) { return mg(author, "v"); }
Request mg_flags(Author& author) { return mg(author, "s v f k Oabc"); }
Request mg_cas(Author& author) { return mg(author, "c v f"); }

Request mg_quiet(Author& author) {
  Request request = mg(author, "v q");
  return until_mn(std::move(request), Outcome::kDone);
}

Request mg_touch(Author& author) {
  const std::uint32_t key = author.key_to_write();
  Request request;
  request.op = op_on(key, Effect::kTouch, author.touch_ttl(key));
  request.reads = {key};
  request.bytes = fmt::format("mg {} v T{}\r\n", author.keys().name(key), request.op.ttl_s);
  return request;
}

std::string ms_bytes(std::string_view name, const std::string& value, const std::string& flags) {
  return fmt::format("ms {} {}{}\r\n{}\r\n", name, value.size(), flags, value);
}

Request put(Author& author, std::string_view rest = "", bool base64 = false) {
  const std::uint32_t key = author.key_to_write();
  const std::string& name = author.keys().name(key);
  Request request;
  request.op = put_on(author, key, author.ttl(key));
  const std::string flags = fmt::format(" T{} F{}{}{}", request.op.ttl_s,
                                        author.put_flags(key, request.op.id), rest,
                                        base64 ? " b" : "");
  request.bytes = ms_bytes(base64 ? encode_base64(name) : name,
                           author.put_value(key, request.op.id), flags);
  return request;
}

Request ms(Author& author) { return put(author); }
Request ms_base64(Author& author) {
  Request request = put(author, "", true);
  // memcached takes keys of 250 bytes, encoded or not.
  return author.keys().name(request.op.key).size() > 180 ? put(author) : request;
}
Request ms_quiet(Author& author) { return until_mn(put(author, " q"), Outcome::kDone); }
Request ms_add(Author& author) { return put(author, " ME"); }
Request ms_replace(Author& author) {
  Request request = put(author, " MR");
  request.refusal_is_absence = true;
  return request;
}

Request ms_extend(Author& author) {
  const std::uint32_t key = author.value_to_write();
  const TokenKind kind = author.one_in(2) ? TokenKind::kAppend : TokenKind::kPrepend;
  Request request;
  request.op = op_on(key, Effect::kExtend, kNoTtl, author.new_id());
  request.refusal_is_absence = true;
  request.bytes = ms_bytes(author.keys().name(key),
                           compose_token(kind, request.op.id, below(author.random(), 30)),
                           kind == TokenKind::kAppend ? " MA" : " MP");
  return request;
}

Request ms_cas(Author& author) {
  const auto taken = author.take_seen();
  if (!taken) return mg_cas(author);
  const auto& [key, seen] = *taken;
  Request request;
  request.op = put_on(author, key, author.ttl(key));
  request.has_expected = true;
  request.expected_since = seen.at;
  request.expected_parts = seen.parts;
  request.expected_number = seen.number;
  request.bytes = ms_bytes(author.keys().name(key), author.put_value(key, request.op.id),
                           fmt::format(" T{} F{} C{}", request.op.ttl_s,
                                       author.put_flags(key, request.op.id), seen.cas));
  return request;
}

Request remove(Author& author, std::string_view flags, bool base64 = false) {
  std::uint32_t key = author.key_to_remove();
  while (base64 && author.keys().name(key).size() > 180) {
    key = author.key_to_remove();
  }
  const std::string& name = author.keys().name(key);
  Request request;
  request.op = op_on(key, Effect::kRemove);
  request.bytes = fmt::format("md {}{}\r\n", base64 ? encode_base64(name) : name, flags);
  return request;
}

Request md(Author& author) { return remove(author, ""); }
Request md_base64(Author& author) { return remove(author, " b", true); }
Request md_quiet(Author& author) { return until_mn(remove(author, " q"), Outcome::kDone); }

Request count(Author& author, bool up, std::string_view flags) {
  const std::uint32_t key = author.counter_to_count(up);
  Request request;
  request.op = op_on(key, Effect::kCount, kNoTtl, author.new_id());
  request.bytes = fmt::format("ma {} {}D{} {}\r\n", author.keys().name(key), up ? "" : "MD ",
                              1 + below(author.random(), 9), flags);
  return request;
}

Request ma(Author& author) { return count(author, author.one_in(2), "v"); }
Request ma_quiet(Author& author) { return until_mn(count(author, true, "q"), Outcome::kUnknown); }

constexpr std::array<Command, 17> kCommands = {{
    {"mg v", 500, 60, mg_value, 10},
    {"mg s v f k O", 300, 40, mg_flags, 6},
    {"mg c v f", 200, 100, mg_cas, 4},
    {"mg v q", 60, 40, mg_quiet, 1},
    {"mg T", 15, 50, mg_touch},
    {"ms", 60, 250, ms},
    {"ms b", 15, 50, ms_base64},
    {"ms q", 15, 60, ms_quiet},
    {"ms ME", 10, 30, ms_add},
    {"ms MR", 10, 30, ms_replace},
    {"ms MA MP", 15, 50, ms_extend},
    {"ms C", 10, 80, ms_cas},
    {"md", 20, 60, md},
    {"md b", 10, 30, md_base64},
    {"md q", 10, 40, md_quiet},
    {"ma v", 20, 80, ma},
    {"ma q", 2, 10, ma_quiet},
}};

}  // namespace

std::span<const Command> meta_commands() { return kCommands; }

}  // namespace bmc::lin
