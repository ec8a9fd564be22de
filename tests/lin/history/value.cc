// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "history/value.h"

#include <array>
#include <charconv>

#include <fmt/core.h>

namespace bmc::lin {
namespace {

constexpr std::array<std::string_view, 8> kWords = {
    "\r\n", "END\r\n", "VALUE ", "set k 0 0 5\r\n", "delete ", "STORED\r\n", "mn\r\n", "\x80\x01"};

std::uint32_t next_random(std::uint32_t& state) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

std::string filler(WriteId id, std::size_t bytes) {
  std::string text;
  text.reserve(bytes + 16);
  std::uint32_t state = id * 2654435761U | 1U;
  while (text.size() < bytes) {
    const std::uint32_t random = next_random(state);
    if (random % 32 == 0) {
      text += kWords[random / 32 % kWords.size()];
    } else {
      text += static_cast<char>('a' + random / 32 % 26);
    }
  }
  text.resize(bytes);
  return text;
}

/// Takes "<K ID BYTES>" and its filler off the front; false if it is not one.
bool take_token(std::string_view& rest, char& kind, WriteId& id) {
  const std::size_t end = rest.find('>');
  if (rest.size() < 4 || rest[0] != '<' || rest[2] != ' ' || end == std::string_view::npos) {
    return false;
  }
  kind = rest[1];
  const char* const last = rest.data() + end;
  const auto [id_end, id_error] = std::from_chars(rest.data() + 3, last, id);
  std::size_t bytes = 0;
  if (id_error != std::errc{} || id_end == last || *id_end != ' ') return false;
  const auto [bytes_end, bytes_error] = std::from_chars(id_end + 1, last, bytes);
  if (bytes_error != std::errc{} || bytes_end != last) return false;
  rest.remove_prefix(end + 1);
  if (rest.size() < bytes || rest.substr(0, bytes) != filler(id, bytes)) return false;
  rest.remove_prefix(bytes);
  return true;
}

}  // namespace

std::string compose_token(TokenKind kind, WriteId id, std::size_t filler_bytes) {
  return fmt::format("<{} {} {}>", static_cast<char>(kind), id, filler_bytes) +
         filler(id, filler_bytes);
}

std::uint32_t flags_of(WriteId id) { return id * 40503U; }

std::vector<WriteId> parse_value(std::string_view value) {
  std::vector<WriteId> prepends;
  std::vector<WriteId> others;
  WriteId put = 0;
  while (!value.empty()) {
    char kind = 0;
    WriteId id = 0;
    if (!take_token(value, kind, id)) return {};
    // Prepends stand before the put, appends behind it.
    if (kind == static_cast<char>(TokenKind::kPut) && put == 0) {
      put = id;
    } else if (kind == static_cast<char>(TokenKind::kPrepend) && put == 0) {
      prepends.push_back(id);
    } else if (kind == static_cast<char>(TokenKind::kAppend) && put != 0) {
      others.push_back(id);
    } else {
      return {};
    }
  }
  if (put == 0) return {};
  std::vector<WriteId> parts = {put};
  parts.insert(parts.end(), prepends.begin(), prepends.end());
  parts.insert(parts.end(), others.begin(), others.end());
  return parts;
}

bool parse_number(std::string_view value, std::uint64_t& number) {
  while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  return error == std::errc{} && stop == end;
}

}  // namespace bmc::lin
