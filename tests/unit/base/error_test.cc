// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "base/error.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace bmc {
namespace {

TEST(FormatError, PutsTheKernelsWordsLastAndTheRemedyBelow) {
  EXPECT_EQ(format_error({"cannot attach to eth0", EBUSY, "--hook tc"}),
            "bmc: cannot attach to eth0: Device or resource busy (EBUSY)\n  try: --hook tc\n");
}

TEST(FormatError, LeavesOutWhatThereIsNot) {
  EXPECT_EQ(format_error({"no instance is attached"}), "bmc: no instance is attached\n");
}

TEST(FormatError, NamesTheProgramThatFailed) {
  EXPECT_EQ(format_error({"no UDP"}, "memcached-sr"), "memcached-sr: no UDP\n");
}

}  // namespace
}  // namespace bmc
