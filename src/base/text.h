// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Pieces of text: lines, words, and numbers that are exactly numbers.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>

namespace bmc {

/// Cuts @text behind the next @separator and returns what stood before it; the
/// whole rest if there is none.
inline std::string_view cut(std::string_view& text, char separator) {
  const auto at = text.find(separator);
  const auto piece = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
  return piece;
}

/// The next word, any number of blanks before it skipped; empty at the end.
inline std::string_view cut_word(std::string_view& text) {
  const auto from = text.find_first_not_of(" \t\n");
  if (from == std::string_view::npos) return text = {};
  text.remove_prefix(from);
  const auto end = text.find_first_of(" \t\n");
  const auto word = text.substr(0, end);
  text.remove_prefix(word.size());
  return word;
}

/// All of @text as a number, or nothing: no sign unless T has one, no blanks.
template <std::integral T>
std::optional<T> parse_number(std::string_view text, int base = 10) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace bmc
