// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// How long values are if they are not equally likely within a range: a mixture of
// lengths, or the model of Facebook's ETC pool (Atikoglu et al., SIGMETRICS 2012): fifteen
// lengths with a share each, and a generalized Pareto distribution for the rest.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "bench/random.h"
#include "bench/range.h"

namespace bmc::bench {

class SizeModel {
 public:
  /// "etc", or lengths with their weights: "32:75,8192:25".
  [[nodiscard]] static Result<SizeModel> parse(const std::string& text);

  std::uint32_t draw(Random& random) const noexcept;

  /// No length that is drawn lies outside.
  Range bounds() const noexcept { return bounds_; }
  const std::string& text() const noexcept { return text_; }

 private:
  /// A length, and the share of all draws up to and with it.
  struct Step {
    double up_to;
    std::uint32_t bytes;
  };

  static SizeModel etc();
  void add(std::uint32_t bytes, double share);

  std::vector<Step> steps_;  // draws above the last one are the tail's
  Range bounds_;
  std::string text_;
};

}  // namespace bmc::bench
