// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sr/preload/settings.h"

#include <cstdlib>
#include <string_view>

namespace bmc::sr {
namespace {

bool has(const char* variable, std::string_view value) noexcept {
  const char* text = std::getenv(variable);
  return text != nullptr && text == value;
}

}  // namespace

bool is_steering() noexcept {
  return has(kSteerVariable, "cpu");
}

bool is_pinning() noexcept {
  return is_steering() || has(kPinVariable, "1");
}

bool is_sharing_tcp() noexcept {
  return has(kTcpVariable, "1");
}

}  // namespace bmc::sr
