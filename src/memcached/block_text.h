// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The text that a block keeps and the kernel side sends:
// "VALUE <key> <flags> <bytes>\r\n<data>\r\n".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bmc/abi.h"

namespace bmc {

/// The longest text that fits a reply of one datagram with its frame and END.
inline constexpr std::size_t kServedTextMax = BMC_REPLY_MAX - BMC_UDP_FRAME_SIZE - 5;

/// Writes the text to @text and fills in the sizes and the sum of @block. False
/// if it is too long to be served.
bool compose_block(std::string_view key, std::uint32_t client_flags, std::string_view data,
                   std::string& text, bmc_block& block);

}  // namespace bmc
