// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Runs in a network namespace of its own; needs root. Exit code 77: skipped.
#include <bpf/libbpf.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

#include "harness/link.h"

namespace {

constexpr int kSkipped = 77;

int print_warnings(libbpf_print_level level, const char* format, va_list arguments) {
  return level == LIBBPF_WARN ? std::vfprintf(stderr, format, arguments) : 0;
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (geteuid() != 0) {
    std::puts("skipped: loading BPF programs needs root");
    return kSkipped;
  }
  libbpf_set_print(print_warnings);
  bmc::test::enter_private_network();
  return RUN_ALL_TESTS();
}
