// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "memcached/quiescence.h"

#include <fmt/format.h>
#include <sys/syscall.h>

#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "memcached/process.h"
#include "net/sockets.h"

namespace bmc {
namespace {

/// Times that the thread was put to sleep or preempted; moves if it ran.
std::string_view context_switches(std::string_view status) {
  const auto at = status.find("voluntary_ctxt_switches:");
  return at == std::string_view::npos ? std::string_view{} : status.substr(at);
}

std::vector<pid_t> threads_of(pid_t pid) {
  std::vector<pid_t> threads;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), error)) {
    if (const auto thread = parse_number<pid_t>(entry.path().filename().string())) {
      threads.push_back(*thread);
    }
  }
  return threads;
}

}  // namespace

bool is_epoll_wait(std::string_view syscall_line) {
  const auto number = parse_number<long>(cut_word(syscall_line));  // "running" is none
#ifdef SYS_epoll_wait
  if (number == SYS_epoll_wait) return true;
#endif
  return number == SYS_epoll_pwait || number == SYS_epoll_pwait2;
}

Result<Quiescence> Quiescence::of(pid_t pid, unsigned workers) {
  Quiescence quiescence;
  quiescence.pid_ = pid;
  quiescence.loops_ = workers + 1;
  const auto inodes = socket_inodes(pid);
  if (!inodes) return std::unexpected(inodes.error());
  quiescence.older_.insert(inodes->begin(), inodes->end());
  return quiescence;
}

Result<bool> Quiescence::older_sockets_are_drained() {
  const auto sockets = list_sockets(Transport::kTcp);
  if (!sockets) return std::unexpected(sockets.error());
  stuck_ = 0;
  for (const Socket& socket : *sockets) {
    // A listener shows its backlog in this column.
    if (!socket.is_listening && socket.send_queue_bytes > 0 && older_.contains(socket.inode))
      stuck_++;
  }
  return stuck_ == 0;
}

Result<bool> Quiescence::look() {
  // The queues are read between two looks at the thread: if it did not run in
  // between, it slept at the moment at which they were empty.
  struct Sleeper {
    pid_t thread;
    std::string switches;
  };
  std::vector<Sleeper> asleep;
  const auto folder = [&](pid_t thread) { return fmt::format("/proc/{}/task/{}", pid_, thread); };
  for (const pid_t thread : threads_of(pid_)) {
    if (seen_asleep_.contains(thread)) continue;
    const auto status = read_file(folder(thread) + "/status");
    const auto call = read_file(folder(thread) + "/syscall");
    if (!call && call.error().err == EPERM) {
      return fail("cannot see what memcached's threads do", EPERM,
                  "run as root, or grant CAP_SYS_PTRACE");
    }
    if (!status || !call || !is_epoll_wait(*call)) continue;
    asleep.push_back({thread, std::string(context_switches(*status))});
  }
  if (!asleep.empty()) {
    const auto drained = older_sockets_are_drained();
    if (!drained) return drained;
    for (const Sleeper& sleeper : asleep) {
      const auto status = read_file(folder(sleeper.thread) + "/status");
      if (*drained && status && context_switches(*status) == sleeper.switches) {
        seen_asleep_.insert(sleeper.thread);
      }
    }
  }
  return seen_asleep_.size() >= loops_ && seen_asleep_.contains(pid_);
}

std::string Quiescence::waiting_for() const {
  if (stuck_ > 0) return fmt::format("{} older connections that do not read their replies", stuck_);
  const std::size_t busy = loops_ - std::min<std::size_t>(loops_, seen_asleep_.size());
  return fmt::format("{} of {} threads of memcached to be idle once", busy, loops_);
}

}  // namespace bmc
