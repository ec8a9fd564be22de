// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// SIGTERM and SIGINT are held back and looked for where one may end us: one that
// comes while things are attached or taken apart must not do so half way.
#pragma once

#include <sys/signalfd.h>

#include <csignal>
#include <ctime>

#include "base/fd.h"

namespace bmc {

inline sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

inline void hold_ending_signals() {
  const sigset_t set = ending_signals();
  sigprocmask(SIG_BLOCK, &set, nullptr);
}

/// Becomes readable when one comes, which stays pending until it is read.
inline Fd open_ending_signals() {
  const sigset_t set = ending_signals();
  return Fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

/// Sleeps until one comes: true if one did.
inline bool sleep_until_asked_to_end(unsigned seconds) {
  const sigset_t set = ending_signals();
  const timespec time{static_cast<time_t>(seconds), 0};
  return sigtimedwait(&set, nullptr, &time) > 0;
}

}  // namespace bmc
