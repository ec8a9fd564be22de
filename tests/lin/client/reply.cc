// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "client/reply.h"

#include <array>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include <endian.h>

#include "client/binary.h"
#include "history/value.h"

namespace bmc::lin {
namespace {

using std::string_view;

struct Word {
  string_view text;
  Status status;
};

// Longer words stand before their beginnings.
constexpr std::array<Word, 17> kWords = {{
    {"STORED", Status::kDone},
    {"HD", Status::kDone},
    {"OK", Status::kDone},
    {"TOUCHED", Status::kDone},
    {"DELETED", Status::kDone},
    {"VERSION", Status::kDone},
    {"NOT_STORED", Status::kRefused},
    {"NS", Status::kRefused},
    {"EXISTS", Status::kRefused},
    {"EX", Status::kRefused},
    {"NOT_FOUND", Status::kAbsent},
    {"NF", Status::kAbsent},
    {"EN", Status::kAbsent},
    {"SERVER_ERROR object too large", Status::kTooLarge},
    {"SERVER_ERROR", Status::kFailed},
    {"CLIENT_ERROR", Status::kFailed},
    {"ERROR", Status::kFailed},
}};

/// The words of a line after the first, one at a time.
string_view next_word(string_view& line) {
  const std::size_t space = line.find(' ');
  const string_view word = line.substr(0, space);
  line = space == string_view::npos ? string_view{} : line.substr(space + 1);
  return word;
}

template <typename Number>
std::optional<Number> number_in(string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// A cursor over the buffer that knows when it runs dry.
class Cursor {
 public:
  explicit Cursor(string_view rest) : rest_(rest) {}

  /// A line without its end.
  std::optional<string_view> line() {
    const std::size_t end = rest_.find("\r\n");
    if (end == string_view::npos) return std::nullopt;
    const string_view line = rest_.substr(0, end);
    skip(end + 2);
    return line;
  }

  std::optional<string_view> bytes(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    const string_view bytes = rest_.substr(0, count);
    skip(count);
    return bytes;
  }

  std::size_t taken() const { return taken_; }

 private:
  void skip(std::size_t count) {
    rest_.remove_prefix(count);
    taken_ += count;
  }

  string_view rest_;
  std::size_t taken_ = 0;
};

/// The data block of a VALUE or VA line; a wrong end leaves it as damage to be seen.
bool take_data(Cursor& cursor, std::size_t bytes, std::string& data) {
  const auto block = cursor.bytes(bytes + 2);
  if (!block) return false;
  data = block->ends_with("\r\n") ? block->substr(0, bytes) : *block;
  return true;
}

bool take_meta_value(Cursor& cursor, string_view words, Reply& reply) {
  SeenValue seen;
  const auto bytes = number_in<std::size_t>(next_word(words));
  while (!words.empty()) {
    const string_view word = next_word(words);
    if (word.empty()) continue;
    if (word[0] == 'f') seen.flags = number_in<std::uint32_t>(word.substr(1));
    if (word[0] == 'c') seen.cas = number_in<std::uint64_t>(word.substr(1));
    if (word[0] == 'k') seen.key = word.substr(1);
  }
  if (!take_data(cursor, bytes.value_or(0), seen.data)) return false;
  std::uint64_t number = 0;
  if (parse_number(seen.data, number)) reply.number = number;
  reply.values.push_back(std::move(seen));
  reply.status = Status::kDone;
  return true;
}

bool take_values(Cursor& cursor, string_view line, Reply& reply) {
  for (std::optional<string_view> next = line; next; next = cursor.line()) {
    string_view words = *next;
    if (next_word(words) != "VALUE") {
      reply.status = *next == "END" ? Status::kDone : Status::kGarbled;
      return true;
    }
    SeenValue seen;
    seen.key = next_word(words);
    seen.flags = number_in<std::uint32_t>(next_word(words));
    const auto bytes = number_in<std::size_t>(next_word(words));
    if (!words.empty()) seen.cas = number_in<std::uint64_t>(words);
    if (!take_data(cursor, bytes.value_or(0), seen.data)) return false;
    reply.values.push_back(std::move(seen));
  }
  return false;
}

bool take_text(Cursor& cursor, Reply& reply, bool& is_mn) {
  const auto line = cursor.line();
  if (!line) return false;
  is_mn = *line == "MN";
  if (line->starts_with("VALUE ")) return take_values(cursor, *line, reply);
  if (line->starts_with("VA ")) return take_meta_value(cursor, line->substr(3), reply);
  if (*line == "END") {
    reply.status = Status::kAbsent;
    return true;
  }
  if (const auto number = number_in<std::uint64_t>(*line)) {
    reply.number = *number;
    reply.status = Status::kDone;
    return true;
  }
  for (const Word& word : kWords) {
    if (line->starts_with(word.text)) {
      reply.status = word.status;
      return true;
    }
  }
  reply.status = is_mn ? Status::kDone : Status::kGarbled;
  return true;
}

bool take_text_until_mn(Cursor& cursor, Reply& reply) {
  Reply part;
  Reply whole{.status = Status::kSilent, .number = {}, .values = {}};
  for (bool is_mn = false; take_text(cursor, part, is_mn); part = {}) {
    if (is_mn) {
      reply = std::move(whole);
      return true;
    }
    whole = std::move(part);
  }
  return false;
}

Status binary_status(std::uint16_t status) {
  switch (status) {
    case binary::kOk: return Status::kDone;
    case binary::kNotFound: return Status::kAbsent;
    case binary::kExists: return Status::kRefused;
    case binary::kTooLarge: return Status::kTooLarge;
    case binary::kNotStored: return Status::kRefused;
    default: return Status::kFailed;
  }
}

bool take_binary(Cursor& cursor, Reply& reply, std::uint8_t& opcode) {
  binary::Header header;
  const auto head = cursor.bytes(sizeof header);
  if (!head) return false;
  std::memcpy(&header, head->data(), sizeof header);
  const auto body = cursor.bytes(be32toh(header.body_bytes));
  if (!body) return false;
  opcode = header.opcode;
  reply.status = binary_status(be16toh(header.status));
  if (reply.status != Status::kDone) return true;
  const string_view data = body->substr(header.extra_bytes + be16toh(header.key_bytes));
  if (binary::is_counter(opcode) && data.size() == 8) {
    std::uint64_t number = 0;
    std::memcpy(&number, data.data(), sizeof number);
    reply.number = be64toh(number);
  } else if (binary::is_read(opcode)) {
    reply.values.push_back({.key = {}, .data = std::string(data), .flags = {}, .cas = {}});
  }
  return true;
}

bool take_binary_until_noop(Cursor& cursor, Reply& reply) {
  Reply part;
  Reply whole{.status = Status::kSilent, .number = {}, .values = {}};
  std::uint8_t opcode = 0;
  for (; take_binary(cursor, part, opcode); part = {}) {
    if (opcode == binary::kNoop) {
      reply = std::move(whole);
      return true;
    }
    whole = std::move(part);
  }
  return false;
}

}  // namespace

std::optional<Reply> take_reply(Framing framing, std::string& buffer) {
  Cursor cursor(buffer);
  Reply reply;
  bool is_mn = false;
  std::uint8_t opcode = 0;
  bool whole = false;
  switch (framing) {
    case Framing::kText: whole = take_text(cursor, reply, is_mn); break;
    case Framing::kTextUntilMn: whole = take_text_until_mn(cursor, reply); break;
    case Framing::kBinary: whole = take_binary(cursor, reply, opcode); break;
    case Framing::kBinaryUntilNoop: whole = take_binary_until_noop(cursor, reply); break;
    case Framing::kNone: break;
  }
  if (!whole) return std::nullopt;
  buffer.erase(0, cursor.taken());
  return reply;
}

}  // namespace bmc::lin
