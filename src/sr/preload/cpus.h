// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The CPUs of memcached's workers: those that its main thread may run on, in their
// order. Worker i has the i-th; behind the last the first comes again.
#pragma once

#include <sched.h>

namespace bmc::sr {

class Cpus {
 public:
  /// None if the kernel does not tell.
  static Cpus of_main_thread() noexcept;

  int count() const noexcept { return CPU_COUNT(&set_); }

  /// The CPU of a worker, -1 if there are none.
  int of_worker(int index) const noexcept;

 private:
  cpu_set_t set_{};
};

/// Binds the calling thread to one CPU; a failure is told and leaves it where it is.
void pin_this_thread(int cpu) noexcept;

}  // namespace bmc::sr
