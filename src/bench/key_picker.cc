// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/key_picker.h"

#include <cmath>
#include <limits>

namespace bmc::bench {

KeyPicker KeyPicker::zipf(std::uint32_t count, double exponent) {
  std::vector<double> share(count);  // of a column: 1 on average
  double sum = 0;
  for (std::uint32_t i = 0; i < count; i++) sum += share[i] = std::pow(i + 1.0, -exponent);
  for (double& weight : share) weight *= count / sum;

  // Each column that is not full is topped up by one that is more than full.
  std::vector<std::uint32_t> small;
  std::vector<std::uint32_t> large;
  for (std::uint32_t i = 0; i < count; i++) (share[i] < 1 ? small : large).push_back(i);

  constexpr auto kFull = std::numeric_limits<std::uint32_t>::max();
  std::vector<Column> columns(count);
  for (std::uint32_t i = 0; i < count; i++) columns[i] = {kFull, i};
  while (!small.empty() && !large.empty()) {
    const std::uint32_t needy = small.back();
    const std::uint32_t donor = large.back();
    small.pop_back();
    columns[needy] = {static_cast<std::uint32_t>(share[needy] * 4294967296.0), donor};
    share[donor] -= 1 - share[needy];
    if (share[donor] < 1) {
      large.pop_back();
      small.push_back(donor);
    }
  }
  return KeyPicker(count, std::move(columns));
}

}  // namespace bmc::bench
