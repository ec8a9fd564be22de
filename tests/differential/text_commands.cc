// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "commands.h"

namespace bmc::differential {
namespace {

using Words = std::vector<std::string>;

const Words kNumbers = {"0", "1", "2", "7", "100", "3000"};
const Words kOddNumbers = {"-1",
                           "00",
                           "01",
                           "+1",
                           "1x",
                           "0x10",
                           "-0",
                           "1e1",
                           "2147483646",
                           "2147483648",
                           "4294967295",
                           "4294967296",
                           "4294967297",
                           "4294967298",
                           "2592001",
                           "18446744073709551616",
                           "184467440737095516170",
                           "-2147483648",
                           "99999999999999999999999"};
const Words kExptimes = {"0", "0", "0", "100", "2592000", "-1", "1", "2000000000", "1000"};
const Words kSeparators = {"  ", "\t", " \t", "", "\r", "\v", std::string(1, '\0'), " \n"};
const Words kEnds = {"\n",  "\r", "\r\r\n", " \r\n", "\n\r\n", "\r\n\r\n", std::string("\0\r\n", 3),
                     "  \n"};
const Words kOddKeys = {std::string(250, 'y'), std::string(251, 'y'), "", "k\x01", "k\x7f", "K0"};
const Words kModes = {"S", "E", "A", "P", "R", "I", "D", "set", "x", ""};
const Words kOthers = {"version",
                       "stats",
                       "stats items",
                       "verbosity 0",
                       "mn",
                       "me k0",
                       "quit",
                       "stats settings",
                       "lru_crawler metadump all",
                       "watch mutations",
                       "lru_crawler enable",
                       "slabs automove 0",
                       "bogus",
                       "get",
                       "delete",
                       "touch k0",
                       "incr k0",
                       "set k0 0 0",
                       "SET k0 0 0 1",
                       "flush_all",
                       "flush_all 0",
                       "flush_all 100 noreply",
                       "flush_all x",
                       "flush_all noreply",
                       "cache_memlimit x",
                       "shutdown",
                       "stats cachedump 1 10",
                       "mg",
                       "ms k0",
                       "gat 0",
                       "gats x k0",
                       "extstore x y",
                       "refresh_certs",
                       "touch k0 x",
                       "decr k1 x",
                       "me k0 b"};

std::string number(Dice& dice, std::uint32_t damage) {
  return dice.percent(damage) ? dice.one_of(kOddNumbers) : dice.one_of(kNumbers);
}

std::string key(Dice& dice, std::uint32_t damage) {
  return dice.percent(damage) ? dice.one_of(kOddKeys) : any_text_key(dice);
}

std::string exptime(Dice& dice, std::uint32_t damage) {
  return dice.percent(damage) ? dice.one_of(kOddNumbers) : dice.one_of(kExptimes);
}

std::string line(Dice& dice, std::uint32_t damage, const Words& words) {
  std::string text;
  if (dice.percent(damage / 4)) text = " ";
  for (std::size_t i = 0; i < words.size(); i++) {
    if (i > 0) text += dice.percent(damage / 4) ? dice.one_of(kSeparators) : " ";
    text += words[i];
  }
  return text + (dice.percent(damage) ? dice.one_of(kEnds) : "\r\n");
}

void add_noreply(Dice& dice, std::uint32_t damage, Words& words) {
  if (dice.percent(20)) words.emplace_back("noreply");
  if (dice.percent(damage)) words.push_back(dice.percent(50) ? "norepl" : "noreply");
}

std::string data_block(Dice& dice, std::uint32_t damage, const std::string& data) {
  if (!dice.percent(damage)) return data + "\r\n";
  static const Words ends = {"", "\n", "\r", "x\r\n", "\r\n\r\n"};
  return data + dice.one_of(ends);
}

std::string length_of(Dice& dice, std::uint32_t damage, const std::string& data) {
  if (!dice.percent(damage)) return std::to_string(data.size());
  if (dice.percent(50)) return dice.one_of(kOddNumbers);
  if (dice.percent(20)) return std::to_string(1048577 + dice.below(1000));
  return std::to_string(data.size() + dice.below(9) - 4u);
}

std::string store(Dice& dice, std::uint32_t damage) {
  static const Words names = {"set", "set", "add", "replace", "append", "prepend", "cas"};
  const std::string data = any_data(dice);
  const std::string& name = dice.one_of(names);
  Words words{name, key(dice, damage), number(dice, damage), exptime(dice, damage),
              length_of(dice, damage, data)};
  if (name == "cas") words.push_back(number(dice, damage));
  add_noreply(dice, damage, words);
  return line(dice, damage, words) + data_block(dice, damage, data);
}

std::string many_keys(Dice& dice, std::uint32_t damage) {
  static const Words names = {"get", "get", "gets", "gat", "gat", "gats"};
  const std::string& name = dice.one_of(names);
  Words words{name};
  if (name.starts_with("gat")) words.push_back(exptime(dice, damage));
  const std::uint32_t count = dice.percent(10) ? dice.below(600) : 1 + dice.below(5);
  for (std::uint32_t i = 0; i < count; i++) words.push_back(key(dice, count > 5 ? 0 : damage));
  return line(dice, damage, words);
}

std::string on_one_key(Dice& dice, std::uint32_t damage) {
  static const Words names = {"delete", "delete", "incr", "decr", "touch"};
  const std::string& name = dice.one_of(names);
  Words words{name, key(dice, damage)};
  if (name == "incr" || name == "decr") words.push_back(number(dice, damage));
  if (name == "touch") words.push_back(exptime(dice, damage));
  if (name == "delete" && dice.percent(damage + 5)) words.push_back(number(dice, damage));
  add_noreply(dice, damage, words);
  return line(dice, damage, words);
}

std::string meta_flags(Dice& dice, std::uint32_t damage, const std::string& letters, Words words) {
  const std::uint32_t count = dice.percent(damage / 2) ? dice.below(30) : dice.below(6);
  std::string unused = letters;
  for (std::uint32_t i = 0; i < count; i++) {
    if (unused.empty() || dice.percent(damage)) unused = letters + "wxyzGHZ1!";
    const std::uint32_t at = dice.below(static_cast<std::uint32_t>(unused.size()));
    std::string flag(1, unused[at]);
    unused.erase(at, 1);
    if (flag == "O") flag += "tok";
    if (flag == "M") flag += dice.one_of(kModes);
    if (flag == "T" || flag == "N" || flag == "R") flag += exptime(dice, damage);
    if (flag == "F" || flag == "D" || flag == "J" || flag == "C" || flag == "E")
      flag += number(dice, damage);
    words.push_back(flag);
  }
  return line(dice, damage, words);
}

}  // namespace

std::string text_command(Dice& dice, std::uint32_t damage) {
  const std::uint32_t kind = dice.below(100);
  if (kind < 45) return store(dice, damage);
  if (kind < 60) return on_one_key(dice, damage);
  if (kind < 75) return many_keys(dice, damage);
  if (kind < 94 || damage == 0) return meta_command(dice, damage);
  return line(dice, damage, {dice.one_of(kOthers)});
}

std::string meta_command(Dice& dice, std::uint32_t damage) {
  static const Words names = {"mg", "mg", "ms", "ms", "md", "ma"};
  static const Words letters = {"bcfhklOqstuvENRT", "bcfhklOqstuvENRT", "bcCEFIkOqsTMt",
                                "bcCEFIkOqsTMt",    "bCEIkOqTx",        "bCcDJkMNOqTtvE"};
  const std::uint32_t which = dice.below(static_cast<std::uint32_t>(names.size()));
  // Its letter b may come later and make another key of it.
  const bool encoded = dice.percent(30);
  const std::string name = encoded ? base64(dice.one_of(keys())) : key(dice, damage);
  Words words{names[which], name};
  if (names[which] != "ms") {
    if (encoded) words.emplace_back("b");
    return meta_flags(dice, damage, encoded ? letters[which].substr(1) : letters[which], words);
  }
  const std::string data = any_data(dice);
  words.push_back(length_of(dice, damage, data));
  if (encoded) words.emplace_back("b");
  return meta_flags(dice, damage, encoded ? letters[which].substr(1) : letters[which], words) +
         data_block(dice, damage, data);
}

}  // namespace bmc::differential
