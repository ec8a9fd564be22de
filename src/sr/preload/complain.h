// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

namespace bmc::sr {

/// "memcached-sr: WHAT: strerror (ENAME)\n  try: HINT\n" on standard error, with errno,
/// which stays as it is: memcached reads it next.
void complain(const char* what, const char* hint) noexcept;

}  // namespace bmc::sr
