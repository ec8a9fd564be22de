// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The TCP connections that are followed, as a table or as JSON.
#pragma once

#include "bpf/flows.h"

namespace bmc::cli {

Result<void> dump_flows(const KernelSide& kernel, bool as_json);

}  // namespace bmc::cli
