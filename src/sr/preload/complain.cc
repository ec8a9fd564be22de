// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sr/preload/complain.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace bmc::sr {

void complain(const char* what, const char* hint) noexcept {
  const int err = errno;
  const char* name = ::strerrorname_np(err);
  ::dprintf(STDERR_FILENO, "memcached-sr: %s: %s (%s)\n  try: %s\n", what, std::strerror(err),
            name != nullptr ? name : "?", hint);
  errno = err;
}

}  // namespace bmc::sr
