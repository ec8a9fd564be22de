// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A value as the daemon hands it to the kernel side (abi.h, struct bmc_block).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bmc/abi.h"
#include "reference/served_request.h"

namespace bmc::reference {

/// The folded Internet checksum of a text as a block keeps it, by the
/// definition: 16-bit words as this little-endian host reads them.
std::uint16_t text_sum(std::string_view text);

/// The header of the block that holds @text, which is value_text(@key, @item).
/// @expiry in ticks, 0 = never.
bmc_block block_of(const std::string& key, const Item& item, const std::string& text,
                   std::uint32_t expiry);

}  // namespace bmc::reference
