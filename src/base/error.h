// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Errors are values: what failed, the errno if there is one, and what the
// reader can do about it. Exit codes are part of the command line's contract.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace bmc {

/// Process exit codes: 0 done, 1 failed, 2 wrong usage, 3 this kernel or
/// machine cannot do it (what `bmc check` reports).
enum class ExitCode { kDone = 0, kFailed = 1, kUsage = 2, kUnsupported = 3 };

struct Error {
  std::string what;       ///< what failed, in the user's terms
  int err = 0;            ///< errno, 0 if the kernel has nothing to add
  std::string hint = {};  ///< what to do next, may be empty
  ExitCode code = ExitCode::kFailed;
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(std::string what, int err = 0, std::string hint = {},
                                   ExitCode code = ExitCode::kFailed) {
  return std::unexpected(Error{std::move(what), err, std::move(hint), code});
}

/// "PROGRAM: WHAT: strerror (ENAME)\n  try: HINT\n": the kernel's words go last in
/// the first line, so that it can be searched for.
std::string format_error(const Error& error, std::string_view program = "bmc");

}  // namespace bmc
