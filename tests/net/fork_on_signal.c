// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Preloaded into memcached: SIGUSR2 makes it start a child process, which has all of its
// sockets and does nothing with them.
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

static void start_child(int number) {
  (void)number;
  if (fork() != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (;;) pause();
}

__attribute__((constructor)) static void prepare(void) { signal(SIGUSR2, start_child); }
