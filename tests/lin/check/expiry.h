// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// When a value was certainly expired. Its time to live comes from its put or
// from any touch since; only if all that may be the last of them have run out
// is it certain.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "history/op.h"

namespace bmc::lin {

class Expiry {
 public:
  Expiry(const History& history, const std::vector<std::size_t>& touches)
      : history_(history), touches_(touches) {}

  /// The operation that set the longest time to live, if all were over when
  /// `read` was invoked; nullopt if the value may have been alive.
  std::optional<std::size_t> certainly_over(std::size_t put, std::size_t read) const;

 private:
  Nanoseconds latest_end(const Op& op) const;
  bool is_superseded(const Op& op, const Op& read) const;

  const History& history_;
  const std::vector<std::size_t>& touches_;
};

}  // namespace bmc::lin
