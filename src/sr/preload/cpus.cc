// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sr/preload/cpus.h"

#include <unistd.h>

#include "sr/preload/complain.h"

namespace bmc::sr {

Cpus Cpus::of_main_thread() noexcept {
  Cpus cpus;
  if (::sched_getaffinity(::getpid(), sizeof cpus.set_, &cpus.set_) != 0) CPU_ZERO(&cpus.set_);
  return cpus;
}

int Cpus::of_worker(int index) const noexcept {
  if (count() == 0) return -1;
  int left = index % count();
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (CPU_ISSET(cpu, &set_) && left-- == 0) return cpu;
  }
  return -1;
}

void pin_this_thread(int cpu) noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0) {
    complain("cannot pin a worker to its CPU", "memcached-sr without --pin and --steer");
  }
}

}  // namespace bmc::sr
