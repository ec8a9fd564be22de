// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/reply_parser.h"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace bmc::bench {
namespace {

constexpr std::size_t kLongestLine = 2048;

/// The word before the next space; the rest stays in @line.
std::string_view take_word(std::string_view& line) {
  const std::size_t space = line.find(' ');
  const std::string_view word = line.substr(0, space);
  line.remove_prefix(space == line.npos ? line.size() : space + 1);
  return word;
}

template <typename T>
std::optional<T> to_number(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Reply malformed(std::string_view line) {
  return {.kind = ReplyKind::kMalformed, .size = line.size(), .line = line};
}

/// @line is complete and @after_line is what follows it in the buffer.
Reply with_data(Reply reply, std::size_t bytes, std::string_view after_line) {
  if (after_line.size() < bytes + 2) return {};
  if (after_line.substr(bytes, 2) != "\r\n") return malformed(reply.line);
  reply.kind = ReplyKind::kValue;
  reply.data = after_line.substr(0, bytes);
  reply.size += bytes + 2;
  return reply;
}

/// "<key> <flags> <bytes>[ <cas>]"
Reply parse_value(Reply reply, std::string_view arguments, std::string_view after_line) {
  reply.key = take_word(arguments);
  const auto flags = to_number<std::uint32_t>(take_word(arguments));
  const auto bytes = to_number<std::uint32_t>(take_word(arguments));
  if (reply.key.empty() || !flags || !bytes) return malformed(reply.line);
  reply.flags = *flags;
  return with_data(reply, *bytes, after_line);
}

/// "<bytes> <flag>*", of which k<key> and f<flags> matter here.
Reply parse_meta_value(Reply reply, std::string_view arguments, std::string_view after_line) {
  const auto bytes = to_number<std::uint32_t>(take_word(arguments));
  if (!bytes) return malformed(reply.line);
  while (!arguments.empty()) {
    const std::string_view flag = take_word(arguments);
    if (flag.starts_with('k')) reply.key = flag.substr(1);
    if (flag.starts_with('f')) {
      const auto flags = to_number<std::uint32_t>(flag.substr(1));
      if (!flags) return malformed(reply.line);
      reply.flags = *flags;
    }
  }
  return with_data(reply, *bytes, after_line);
}

constexpr std::array<std::pair<std::string_view, ReplyKind>, 14> kWords{{
    {"END", ReplyKind::kEnd},
    {"EN", ReplyKind::kMiss},
    {"STORED", ReplyKind::kStored},
    {"HD", ReplyKind::kStored},
    {"MN", ReplyKind::kNoop},
    {"NOT_STORED", ReplyKind::kRefused},
    {"EXISTS", ReplyKind::kRefused},
    {"NOT_FOUND", ReplyKind::kRefused},
    {"NS", ReplyKind::kRefused},
    {"EX", ReplyKind::kRefused},
    {"NF", ReplyKind::kRefused},
    {"ERROR", ReplyKind::kError},
    {"CLIENT_ERROR", ReplyKind::kError},
    {"SERVER_ERROR", ReplyKind::kError},
}};

}  // namespace

Reply parse_reply(std::string_view bytes) noexcept {
  const std::size_t newline = bytes.substr(0, kLongestLine).find('\n');
  if (newline == bytes.npos) return bytes.size() < kLongestLine ? Reply{} : malformed({});
  if (newline == 0 || bytes[newline - 1] != '\r') return malformed(bytes.substr(0, newline));

  std::string_view rest = bytes.substr(0, newline - 1);
  Reply reply{.size = newline + 1, .line = rest};
  const std::string_view after_line = bytes.substr(newline + 1);
  const std::string_view word = take_word(rest);
  if (word == "VALUE") return parse_value(reply, rest, after_line);
  if (word == "VA") return parse_meta_value(reply, rest, after_line);
  for (const auto& [name, kind] : kWords) {
    if (word != name) continue;
    reply.kind = kind;
    return reply;
  }
  return malformed(reply.line);
}

}  // namespace bmc::bench
