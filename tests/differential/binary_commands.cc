// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "commands.h"

namespace bmc::differential {
namespace {

struct Form {
  std::uint8_t first, last;
  std::uint32_t extras;
  bool has_key;
  bool has_data;
};

constexpr Form kForms[] = {
    {0x00, 0x00, 0, true, false},  {0x01, 0x03, 8, true, true},   {0x04, 0x04, 0, true, false},
    {0x05, 0x06, 20, true, false}, {0x08, 0x08, 4, false, false}, {0x09, 0x09, 0, true, false},
    {0x0a, 0x0b, 0, false, false}, {0x0c, 0x0d, 0, true, false},  {0x0e, 0x0f, 0, true, true},
    {0x10, 0x10, 0, false, false}, {0x11, 0x13, 8, true, true},   {0x14, 0x14, 0, true, false},
    {0x15, 0x16, 20, true, false}, {0x19, 0x1a, 0, true, true},   {0x1c, 0x1c, 4, true, false},
    {0x1d, 0x1e, 4, true, false},  {0x23, 0x24, 4, true, false},
};

std::string big_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; i--) text += static_cast<char>(value >> (8 * i));
  return text;
}

std::uint32_t bent(Dice& dice, std::uint32_t damage, std::uint32_t value) {
  if (!dice.percent(damage)) return value;
  return dice.percent(80) ? value + dice.below(9) - 4 : dice.below(1u << 31);
}

std::string extras_of(Dice& dice, const Form& form) {
  static const std::uint32_t exptimes[] = {0, 0, 100, 0xffffffff, 2592000, 1};
  const std::string exptime = big_endian(dice.one_of(exptimes), 4);
  switch (form.extras) {
    case 4:
      return exptime;
    case 8:
      return big_endian(dice.below(100), 4) + exptime;
    case 20:
      return big_endian(dice.below(10), 8) + big_endian(dice.below(10), 8) + exptime;
    default:
      return "";
  }
}

}  // namespace

std::string binary_command(Dice& dice, std::uint32_t damage) {
  const Form* form = &dice.one_of(kForms);
  if (form->first == 0x08 && (damage == 0 || !dice.percent(5))) form = &kForms[1];
  const std::uint32_t opcode = form->first + dice.below(form->last - form->first + 1u);
  const std::string extras = extras_of(dice, *form);
  const std::string key = form->has_key ? dice.one_of(keys()) : "";
  const std::string data = form->has_data ? any_data(dice) : "";
  const auto size = [](const std::string& text) { return static_cast<std::uint32_t>(text.size()); };
  std::string text;
  text += static_cast<char>(dice.percent(damage / 8) ? dice.below(256) : 0x80);
  text += static_cast<char>(bent(dice, damage / 4, opcode));
  text += big_endian(bent(dice, damage / 2, size(key)), 2);
  text += static_cast<char>(bent(dice, damage / 2, size(extras)));
  text += big_endian(dice.percent(damage) ? dice.below(3) : 0, 1);
  text += big_endian(0, 2);
  text += big_endian(bent(dice, damage, size(extras + key + data)), 4);
  text += big_endian(dice.below(1u << 31), 4);                  // opaque
  text += big_endian(dice.percent(80) ? 0 : dice.below(9), 8);  // CAS
  return text + extras + key + data;
}

}  // namespace bmc::differential
