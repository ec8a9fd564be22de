// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "net/findings.h"

#include <algorithm>
#include <numeric>

namespace bmc::stream {

std::uint64_t Findings::total_requests() const {
  return std::accumulate(requests.begin(), requests.end(), std::uint64_t{0});
}

void Findings::add(const Findings& other) {
  for (std::size_t i = 0; i < requests.size(); i++) requests[i] += other.requests[i];
  bytes_sent += other.bytes_sent;
  bytes_received += other.bytes_received;
  connections += other.connections;
  longest_wait = std::max(longest_wait, other.longest_wait);
  wrong.insert(wrong.end(), other.wrong.begin(), other.wrong.end());
  lost.insert(lost.end(), other.lost.begin(), other.lost.end());
  hangs.insert(hangs.end(), other.hangs.begin(), other.hangs.end());
}

}  // namespace bmc::stream
