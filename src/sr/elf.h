// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace bmc::sr {

/// What the kernel and the dynamic loader look at when they start a program.
struct Elf {
  bool is_elf = false;
  std::uint32_t machine = 0;  ///< with its word size and byte order; 0 if not ours
  std::string interpreter;    ///< the dynamic loader; empty if linked statically
};

/// Fails only if the file cannot be read.
Result<Elf> read_elf(const std::string& path);

}  // namespace bmc::sr
