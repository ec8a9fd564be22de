// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "reference/served_request.h"

#include <algorithm>

namespace bmc::reference {
namespace {

constexpr std::size_t kKeyMax = 250;
constexpr std::size_t kKeysMax = 64;
constexpr std::size_t kOpaqueMax = 32;  // with its letter
constexpr std::size_t kReplyTextMax = 1400 - 8;

bool is_key(const std::string& word) {
  return !word.empty() && word.size() <= kKeyMax && std::ranges::all_of(word, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7f;
  });
}

bool is_served_flag(const std::string& word) {
  if (word.empty()) return false;
  if (word[0] != 'O') return word.size() == 1 && std::string_view("vfksqc").contains(word[0]);
  return word.size() >= 2 && word.size() <= kOpaqueMax && std::ranges::all_of(word, [](char c) {
    return static_cast<unsigned char>(c) > 0x20;
  });
}

/// Split at every single space: two spaces make an empty word.
std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> words(1);
  for (const char c : line) {
    if (c == ' ') {
      words.emplace_back();
    } else {
      words.back().push_back(c);
    }
  }
  return words;
}

std::optional<ServedRequest> parse_get(std::vector<std::string> words) {
  words.erase(words.begin());
  if (words.empty() || words.size() > kKeysMax || !std::ranges::all_of(words, is_key)) return {};
  return ServedRequest{.is_meta = false, .keys = std::move(words), .flags = {}};
}

std::optional<ServedRequest> parse_mg(std::vector<std::string> words) {
  if (words.size() < 2 || !is_key(words[1])) return {};
  ServedRequest request{.is_meta = true, .keys = {words[1]}, .flags = {}};
  std::string seen;
  for (std::size_t i = 2; i < words.size(); i++) {
    if (!is_served_flag(words[i]) || seen.contains(words[i][0])) return {};
    seen.push_back(words[i][0]);
    request.flags.push_back(words[i]);
  }
  return request;
}

std::optional<std::string> get_reply(const ServedRequest& request, const Items& items) {
  std::string reply;
  for (const auto& key : request.keys) {
    const auto found = items.find(key);
    if (found == items.end()) return {};
    reply += value_text(key, found->second);
  }
  return reply + "END\r\n";
}

std::optional<std::string> mg_reply(const ServedRequest& request, const Items& items) {
  const auto found = items.find(request.keys[0]);
  if (found == items.end()) return {};
  const Item& item = found->second;
  bool wants_value = false;
  std::string returned;
  for (const auto& flag : request.flags) {
    switch (flag[0]) {
      case 'v': wants_value = true; break;
      case 'q': break;
      case 'f': returned += " f" + std::to_string(item.flags); break;
      case 's': returned += " s" + std::to_string(item.data.size()); break;
      case 'k': returned += " k" + request.keys[0]; break;
      case 'O': returned += " " + flag; break;
      case 'c':
        if (!item.cas) return {};
        returned += " c" + std::to_string(*item.cas);
        break;
    }
  }
  if (!wants_value) return "HD" + returned + "\r\n";
  return "VA " + std::to_string(item.data.size()) + returned + "\r\n" + item.data + "\r\n";
}

}  // namespace

std::optional<ServedRequest> parse_served(std::string_view text) {
  if (!text.ends_with("\r\n")) return {};
  text.remove_suffix(2);
  auto words = split(text);
  if (words[0] == "get") return parse_get(std::move(words));
  if (words[0] == "mg") return parse_mg(std::move(words));
  return {};
}

std::string value_text(const std::string& key, const Item& item) {
  return "VALUE " + key + " " + std::to_string(item.flags) + " " +
         std::to_string(item.data.size()) + "\r\n" + item.data + "\r\n";
}

std::optional<std::string> reply_text(const ServedRequest& request, const Items& items) {
  auto reply = request.is_meta ? mg_reply(request, items) : get_reply(request, items);
  if (!reply || reply->size() > kReplyTextMax) return {};
  return reply;
}

}  // namespace bmc::reference
