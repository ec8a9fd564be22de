// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Verifies replies of which nobody knows the request: memcached's frame, one
// value of the key space, its flags and every byte of it, and END.
#pragma once

#include <string>
#include <string_view>

#include "bench/key_space.h"

namespace bmc::bench {

/// Empty if the UDP payload is a right answer, else what is wrong with it.
std::string check_sample(const KeySpace& keys, std::string_view payload);

}  // namespace bmc::bench
