// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The daemon's log: one line an event on standard error, where systemd's
// journal picks it up. Levels mean: error, we stop; warn, we go on with less;
// info, something changed; debug, for whoever looks for a fault.
#pragma once

#include <spdlog/spdlog.h>

namespace bmc {

void start_log(bool verbose);

}  // namespace bmc
