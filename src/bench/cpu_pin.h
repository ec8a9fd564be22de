// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include "base/error.h"

namespace bmc::bench {

/// Binds the calling thread to one CPU.
[[nodiscard]] Result<void> pin_thread(unsigned cpu);

}  // namespace bmc::bench
