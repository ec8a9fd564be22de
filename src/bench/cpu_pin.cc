// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/cpu_pin.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>

namespace bmc::bench {

Result<void> pin_thread(unsigned cpu) {
  if (cpu >= CPU_SETSIZE) return fail(fmt::format("there is no CPU {}", cpu));
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  const int error = pthread_setaffinity_np(pthread_self(), sizeof set, &set);
  if (error != 0) return fail(fmt::format("cannot run on CPU {}", cpu), error);
  return {};
}

}  // namespace bmc::bench
