// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "memcached/quiescence.h"

#include <fmt/format.h>
#include <sys/syscall.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "memcached/process.h"
#include "net/blocked_sockets.h"

namespace bmc {
namespace {

/// Times that the thread was put to sleep or preempted; moves if it ran.
std::string_view context_switches(std::string_view status) {
  const auto at = status.find("voluntary_ctxt_switches:");
  return at == std::string_view::npos ? std::string_view{} : status.substr(at);
}

Result<std::string> read_thread_file(pid_t process, pid_t thread, const char* name) {
  return read_file(fmt::format("/proc/{}/task/{}/{}", process, thread, name));
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

Result<std::vector<Quiescence::Sleeper>> Quiescence::threads_asleep() const {
  std::vector<Sleeper> asleep;
  for (const pid_t thread : threads_of(pid_)) {
    const auto known = missing_.find(thread);
    if (known != missing_.end() && known->second.empty()) continue;
    const auto status = read_thread_file(pid_, thread, "status");
    const auto call = read_thread_file(pid_, thread, "syscall");
    if (!call && call.error().err == EPERM) {
      return fail("cannot see what memcached's threads do", EPERM,
                  "run as root, or grant CAP_SYS_PTRACE");
    }
    if (!status || !call || !is_epoll_wait(*call)) continue;
    asleep.push_back({thread, std::string(context_switches(*status))});
  }
  return asleep;
}

Result<bool> Quiescence::look() {
  const auto asleep = threads_asleep();
  if (!asleep) return std::unexpected(asleep.error());
  if (asleep->empty()) return is_complete();
  const auto blocked = blocked_tcp_sockets();
  if (!blocked) return std::unexpected(blocked.error());
  for (const Sleeper& sleeper : *asleep) {
    // If it sleeps still, and has not run since, it slept while the sockets were
    // looked at: none that could be written to had just woken it.
    const auto call = read_thread_file(pid_, sleeper.thread, "syscall");
    const auto status = read_thread_file(pid_, sleeper.thread, "status");
    if (!call || !is_epoll_wait(*call) || !status ||
        context_switches(*status) != sleeper.switches) {
      continue;
    }
    Inodes& missing = missing_.try_emplace(sleeper.thread, older_).first->second;
    std::erase_if(missing, [&](std::uint64_t inode) { return !blocked->contains(inode); });
  }
  return is_complete();
}

bool Quiescence::is_complete() const {
  const auto main = missing_.find(pid_);
  return idle_loops() >= loops_ && main != missing_.end() && main->second.empty();
}

std::size_t Quiescence::idle_loops() const {
  return static_cast<std::size_t>(std::count_if(
      missing_.begin(), missing_.end(), [](const auto& each) { return each.second.empty(); }));
}

std::string Quiescence::waiting_for() const {
  std::size_t stuck = 0;
  for (const auto& [thread, missing] : missing_) stuck = std::max(stuck, missing.size());
  if (stuck > 0) return fmt::format("{} older connections to read all of their replies", stuck);
  return fmt::format("{} of {} threads of memcached to be idle once",
                     loops_ - std::min<std::size_t>(loops_, idle_loops()), loops_);
}

}  // namespace bmc
