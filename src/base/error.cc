// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "base/error.h"

#include <fmt/format.h>

#include <cstring>

namespace bmc {

std::string format_error(const Error& error, std::string_view program) {
  std::string text = fmt::format("{}: {}", program, error.what);
  if (error.err != 0) {
    const char* name = strerrorname_np(error.err);
    text += fmt::format(": {} ({})", std::strerror(error.err), name ? name : "?");
  }
  text += '\n';
  if (!error.hint.empty()) text += "  try: " + error.hint + '\n';
  return text;
}

}  // namespace bmc
