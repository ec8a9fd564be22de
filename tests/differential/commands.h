// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Single commands of every protocol, chosen by chance.
#pragma once

#include <string>

#include "stream.h"

namespace bmc::differential {

/// @damage: the share, in percent, of words, lengths and separators that are odd.
std::string text_command(Dice& dice, std::uint32_t damage);
std::string meta_command(Dice& dice, std::uint32_t damage);
std::string binary_command(Dice& dice, std::uint32_t damage);

/// The value of a store, which may look like commands.
std::string any_data(Dice& dice);
const std::string& any_text_key(Dice& dice);

}  // namespace bmc::differential
