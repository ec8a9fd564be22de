// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What each BPF program may cost the verifier, and how long its machine code
// may be: about a quarter above what Linux 6.18 and clang 19 make of them. The
// kernel refuses a program at 1,000,000 instructions, and older kernels count
// more than newer ones, so a jump in these numbers is noticed here first.
#pragma once

#include <cstdint>

namespace bmc::test {

struct Budget {
  const char* program;
  std::uint32_t verified_instructions;
  std::uint32_t jited_bytes;
};

inline constexpr Budget kBudgets[] = {
    {"bmc_xdp", 1, 1},
};

}  // namespace bmc::test
