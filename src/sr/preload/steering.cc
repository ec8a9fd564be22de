// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sr/preload/steering.h"

#include <linux/filter.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>

#include "sr/preload/cpus.h"

namespace bmc::sr {
namespace {

constexpr auto kReceivingCpu = static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_CPU);

// No group has that many sockets: the kernel then takes the hash.
constexpr std::uint32_t kLeaveToTheHash = 0xffff'ffff;

/// "On CPU a return 0, on CPU b return 1, ...": sockets are numbered in the order in
/// which they were bound, and that is the order of the workers.
struct Program {
  std::array<sock_filter, 2 + 2 * CPU_SETSIZE> code;
  unsigned short length = 0;

  void add(sock_filter instruction) noexcept { code[length++] = instruction; }
};

}  // namespace

bool steer_by_cpu(int fd) noexcept {
  const Cpus cpus = Cpus::of_main_thread();
  Program program;
  program.add(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kReceivingCpu));
  for (int index = 0; index < cpus.count(); index++) {
    const auto cpu = static_cast<std::uint32_t>(cpus.of_worker(index));
    program.add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, cpu, 0, 1));
    program.add(BPF_STMT(BPF_RET | BPF_K, static_cast<std::uint32_t>(index)));
  }
  program.add(BPF_STMT(BPF_RET | BPF_K, kLeaveToTheHash));
  const sock_fprog attached{program.length, program.code.data()};
  return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &attached, sizeof attached) == 0;
}

}  // namespace bmc::sr
