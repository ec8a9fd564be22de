// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The smallest stream that still fails, by leaving out pieces, joining them,
// and leaving out bytes.
#pragma once

#include <functional>

#include "stream.h"

namespace bmc::differential {

Stream minimise(Stream stream, const std::function<bool(const Stream&)>& fails);

/// A dump of its bytes, piece by piece.
std::string dump(const Stream& stream);

}  // namespace bmc::differential
