// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The Internet checksum (RFC 1071) as the kernel side keeps it in a block: the
// sum of 16-bit words as the host loads them, an odd last byte padded with zero
// behind it, folded to 16 bits and not complemented. It adds to the sums that
// bpf_csum_diff returns without a change of byte order.
#pragma once

#include <cstdint>
#include <string_view>

namespace bmc {

std::uint16_t internet_sum(std::string_view bytes);

}  // namespace bmc
