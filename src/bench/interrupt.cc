// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/interrupt.h"

#include <csignal>

namespace bmc::bench {
namespace {

std::atomic<bool> stopped{false};

}  // namespace

const std::atomic<bool>& stop_on_signals() {
  struct sigaction action{};
  action.sa_handler = [](int) { stopped = true; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return stopped;
}

}  // namespace bmc::bench
