// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A private network namespace for the whole test program, with one interface
// in it for packets to seem to come from: a packet's hook sees its number and
// address. It goes when the program ends.
#pragma once

#include <cstdint>

#include "reference/frame.h"

namespace bmc::test {

struct Link {
  std::uint32_t index = 0;
  reference::Mac mac{};
};

/// To be called once, before any thread or test.
void enter_private_network();

const Link& test_link();

}  // namespace bmc::test
