// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// From names and numbers on the command line to the addresses in a frame.
#pragma once

#include "base/error.h"
#include "bench/kernel_options.h"
#include "bench/request_frame.h"
#include "net/interface.h"

namespace bmc::bench {

/// What is not given is looked up: our address at the interface, the server's
/// MAC in the neighbour table (where a ping or any other exchange put it).
[[nodiscard]] Result<FlowEnds> find_flow_ends(const KernelOptions& options,
                                              const Interface& interface);

}  // namespace bmc::bench
