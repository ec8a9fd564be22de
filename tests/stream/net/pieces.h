// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// How requests are laid upon send calls: each in one, several joined in one, or cut anywhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "model/random.h"
#include "model/request.h"

namespace bmc::stream {

/// The bytes of one send call.
struct Piece {
  std::string bytes;
  std::chrono::milliseconds pause{0};  ///< before it, so that what came before is on its way
};

/// @cut_percent: share of such bursts that are cut. Joined together again, the pieces are the
/// requests, whatever is drawn.
std::vector<Piece> into_pieces(const std::vector<Request>& requests, std::uint32_t cut_percent,
                               Random& random);

}  // namespace bmc::stream
