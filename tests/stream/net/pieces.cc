// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "net/pieces.h"

#include <algorithm>
#include <set>
#include <utility>

namespace bmc::stream {
namespace {

constexpr std::uint64_t kMostCuts = 4;
constexpr std::uint64_t kLongestPauseMs = 2;

std::vector<Piece> cut(const std::string& bytes, Random& random) {
  std::set<std::size_t> cuts;
  for (std::uint64_t n = random.between(1, kMostCuts); n > 0 && bytes.size() > 1; n--) {
    cuts.insert(random.between(1, bytes.size() - 1));
  }
  cuts.insert(bytes.size());
  std::vector<Piece> pieces;
  std::size_t from = 0;
  for (const std::size_t to : cuts) {
    const bool waits = from > 0 && random.percent(25);
    const std::chrono::milliseconds pause(waits ? random.between(1, kLongestPauseMs) : 0);
    pieces.push_back({bytes.substr(from, to - from), pause});
    from = to;
  }
  return pieces;
}

}  // namespace

std::vector<Piece> into_pieces(const std::vector<Request>& requests, std::uint32_t cut_percent,
                               Random& random) {
  std::vector<Piece> pieces;
  const bool is_cut = random.percent(cut_percent), is_joined = is_cut || random.percent(50);
  for (const Request& request : requests) {
    if (is_joined && !pieces.empty()) {
      pieces.back().bytes += request.bytes;
    } else {
      pieces.push_back({.bytes = request.bytes});
    }
  }
  return is_cut && !pieces.empty() ? cut(pieces.front().bytes, random) : pieces;
}

}  // namespace bmc::stream
