// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What each BPF program may cost the verifier, and how long its machine code
// may be: a quarter and more above what Linux 6.18 and clang 19 make of them. The
// kernel refuses a program at 1,000,000 instructions, and each version counts in its
// own way (docs/kernel-support.md), so a jump in these numbers is noticed here first.
#pragma once

#include <cstdint>

namespace bmc::test {

struct Budget {
  const char* program;
  std::uint32_t verified_instructions;
  std::uint32_t jited_bytes;
};

inline constexpr Budget kBudgets[] = {
    // serve
    {"bmc_xdp", 215'000, 24'000},
    {"bmc_tc", 215'000, 24'000},
    // tcp
    {"bmc_tcp_in", 400'000, 60'000},
    {"bmc_tcp_out", 80'000, 8'000},
    // tap
    {"bmc_recv", 110'000, 45'000},
    {"bmc_send", 35'000, 24'000},
    {"bmc_sk_state", 500, 1'000},
    {"bmc_sk_release", 1'000, 2'000},
    {"bmc_exit", 500, 1'500},
    {"bmc_fork", 500, 1'000},
    // cache
    {"bmc_lease", 500, 1'000},
    {"bmc_fill", 170'000, 8'000},
    {"bmc_move", 2'500, 3'000},
    {"bmc_backoff", 1'500, 2'000},
    {"bmc_flush", 500, 1'000},
    {"bmc_beat", 500, 1'000},
};

}  // namespace bmc::test
