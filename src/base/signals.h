// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// SIGTERM and SIGINT are held back except while an event loop handles them: one
// that comes while things are attached or taken apart must not end us half way.
#pragma once

#include <csignal>
#include <ctime>

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

inline void let_ending_signals_in() {
  const sigset_t set = ending_signals();
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

/// Sleeps, while they are held, until one comes: true if one did.
inline bool sleep_until_asked_to_end(unsigned seconds) {
  const sigset_t set = ending_signals();
  const timespec time{static_cast<time_t>(seconds), 0};
  return sigtimedwait(&set, nullptr, &time) > 0;
}

}  // namespace bmc
