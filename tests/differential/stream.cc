// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "stream.h"

#include <algorithm>

#include "commands.h"

namespace bmc::differential {
namespace {

constexpr std::size_t kPieceMax = 16000;  // arrives as a whole

/// Where a stream is cut.
enum class Cuts { kNone, kCommands, kRandom, kEveryByte };
constexpr Cuts kAllCuts[] = {Cuts::kNone,   Cuts::kNone,   Cuts::kCommands, Cuts::kCommands,
                             Cuts::kRandom, Cuts::kRandom, Cuts::kRandom,   Cuts::kEveryByte};
constexpr std::size_t kSingleBytesMax = 150;  // each costs two turns of memcached

void damage_bytes(Dice& dice, std::string& bytes) {
  if (bytes.empty()) return;
  const std::uint32_t at = dice.below(static_cast<std::uint32_t>(bytes.size()));
  const std::uint32_t count =
      std::min<std::uint32_t>(1 + dice.below(8), static_cast<std::uint32_t>(bytes.size()) - at);
  static const std::string marks = std::string(" \r\n\t\0", 5) + "0bqkT\x7f\xff\x80";
  switch (dice.below(5)) {
    case 0:
      bytes[at] = dice.one_of(marks);
      break;
    case 1:
      bytes.insert(at, 1, dice.one_of(marks));
      break;
    case 2:
      bytes.erase(at, count);
      break;
    case 3:
      bytes.insert(at, bytes.substr(at, count));
      break;
    default:
      bytes.resize(at);
      break;
  }
}

void cut(Dice& dice, Cuts how, const std::vector<std::string>& commands, Stream& stream) {
  std::string whole;
  const auto put = [&](std::string bytes) {
    for (; bytes.size() > kPieceMax; bytes.erase(0, kPieceMax)) {
      stream.push_back({bytes.substr(0, kPieceMax), false});
    }
    if (!bytes.empty()) stream.push_back({std::move(bytes), dice.percent(50)});
  };
  if (how == Cuts::kCommands) {
    for (const std::string& command : commands) put(command);
    return;
  }
  for (const std::string& command : commands) whole += command;
  const std::uint32_t most = how == Cuts::kNone ? kPieceMax
                             : how == Cuts::kEveryByte
                                 ? 1
                                 : 1 + static_cast<std::uint32_t>(whole.size() / 2);
  while (!whole.empty()) {
    const std::size_t bytes = how == Cuts::kRandom ? 1 + dice.below(most) : most;
    put(whole.substr(0, bytes));
    whole.erase(0, bytes);
  }
}

}  // namespace

const std::vector<std::string>& keys() {
  static const std::vector<std::string> all = {"k0",
                                               "k1",
                                               "k2",
                                               "k3",
                                               "0",
                                               "noreply",
                                               std::string(250, 'x'),
                                               "\x80\xff\xfe",
                                               "a b\r\n",
                                               std::string("\0b", 2)};
  return all;
}

const std::string& any_text_key(Dice& dice) {
  const auto& all = keys();
  return all[dice.below(static_cast<std::uint32_t>(all.size()) - 2)];
}

std::string any_data(Dice& dice) {
  static const std::vector<std::string> texts = {"",
                                                 "1",
                                                 "v",
                                                 "hello",
                                                 "12345",
                                                 "99999999999999999999",
                                                 "delete k0\r\n",
                                                 "\r\n",
                                                 "\r\nset k1 0 0 1\r\n7\r\n",
                                                 "md k2\r\n",
                                                 "x\r\nEND\r\n",
                                                 "get k0",
                                                 "  7",
                                                 std::string(600, 'd'),
                                                 "touch k0 0\r\nincr k1 1\r\n"};
  if (dice.percent(10)) return std::string(dice.below(1500), 'r');
  if (dice.percent(2)) return std::string(dice.below(20000), 'R');
  return dice.one_of(texts);
}

std::string base64(std::string_view bytes) {
  static constexpr char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; j++) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0);
    }
    for (int j = 0; j < 4; j++) text += digits[group >> (18 - 6 * j) & 63];
  }
  const std::size_t padding = (3 - bytes.size() % 3) % 3;
  return text.replace(text.size() - padding, padding, padding, '=');
}

std::string meta_line(const std::string& command, const std::string& key, const std::string& rest) {
  const bool is_plain = key.find_first_of(std::string_view(" \r\n\0", 4)) == std::string::npos;
  return command + " " + (is_plain ? key : base64(key)) + rest + (is_plain ? "\r\n" : " b\r\n");
}

Stream stream_of(std::uint64_t seed) {
  Dice dice(seed);
  static const std::uint32_t damages[] = {0, 0, 0, 2, 2, 10};
  const std::uint32_t damage = dice.one_of(damages);
  const bool is_binary = dice.percent(20);
  Stream stream;
  // Out of sync, a lone get brings a connection back: then another part follows.
  for (std::uint32_t parts = 1 + dice.below(3); parts > 0; parts--) {
    const Cuts how = dice.one_of(kAllCuts);
    std::vector<std::string> commands;
    std::size_t bytes = 0;
    std::uint32_t count = dice.percent(10) ? dice.below(120) : 1 + dice.below(8);
    for (; count > 0 && (how != Cuts::kEveryByte || bytes < kSingleBytesMax / 2); count--) {
      commands.push_back(is_binary ? binary_command(dice, damage) : text_command(dice, damage));
      if (damage && dice.percent(damage / 2)) damage_bytes(dice, commands.back());
      bytes += commands.back().size();
    }
    cut(dice, bytes > kSingleBytesMax && how == Cuts::kEveryByte ? Cuts::kRandom : how, commands,
        stream);
    if (!is_binary && parts > 1) stream.push_back({"get " + any_text_key(dice) + "\r\n", true});
  }
  return stream;
}

}  // namespace bmc::differential
