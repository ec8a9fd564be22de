// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "memcached/process.h"

#include <dirent.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

namespace bmc {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

/// Names in a folder that are numbers: processes, threads, descriptors.
std::vector<std::string> numbered_entries(const std::string& folder, int* err = nullptr) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(folder.c_str()));
  if (!directory) {
    if (err != nullptr) *err = errno;
    return names;
  }
  while (const dirent* entry = ::readdir(directory.get())) {
    if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') names.emplace_back(entry->d_name);
  }
  return names;
}

bool contains(const std::vector<std::uint64_t>& inodes, std::uint64_t inode) {
  return std::find(inodes.begin(), inodes.end(), inode) != inodes.end();
}

bool holds_any(const std::vector<std::uint64_t>& inodes, const std::vector<Socket>& sockets) {
  return std::any_of(sockets.begin(), sockets.end(),
                     [&](const Socket& socket) { return contains(inodes, socket.inode); });
}

/// All processes that hold one of the sockets.
std::vector<pid_t> owners_of(const std::vector<Socket>& sockets) {
  std::vector<pid_t> owners;
  for (const std::string& name : numbered_entries("/proc")) {
    const auto pid = parse_number<pid_t>(name);
    if (!pid) continue;
    const auto inodes = socket_inodes(*pid);
    if (inodes && holds_any(*inodes, sockets)) owners.push_back(*pid);
  }
  return owners;
}

std::vector<Socket> held_by(const std::vector<std::uint64_t>& inodes, std::vector<Socket> sockets) {
  std::erase_if(sockets, [&](const Socket& socket) { return !contains(inodes, socket.inode); });
  return sockets;
}

/// Other processes that hold one of the listeners which share connections with ours.
std::vector<pid_t> sharers_of(const std::vector<Socket>& ours, std::vector<Socket> listeners) {
  std::erase_if(listeners, [&](const Socket& each) {
    const auto is_same = [&](const Socket& one) { return one.inode == each.inode; };
    const auto is_shared = [&](const Socket& one) { return share_connections(one, each); };
    return std::any_of(ours.begin(), ours.end(), is_same) ||
           std::none_of(ours.begin(), ours.end(), is_shared);
  });
  return listeners.empty() ? std::vector<pid_t>{} : owners_of(listeners);
}

}  // namespace

bool share_connections(const Socket& one, const Socket& other) {
  return one.local_port == other.local_port && one.is_ipv6 == other.is_ipv6 &&
         (one.local == other.local || one.local.is_any() || other.local.is_any());
}

Result<std::vector<std::uint64_t>> socket_inodes(pid_t pid) {
  constexpr std::string_view kPrefix = "socket:[";
  const std::string folder = fmt::format("/proc/{}/fd", pid);
  std::vector<std::uint64_t> inodes;
  int err = 0;
  for (const std::string& name : numbered_entries(folder, &err)) {
    const std::string target = read_link(folder + "/" + name);
    if (!target.starts_with(kPrefix)) continue;
    std::string_view rest = std::string_view(target).substr(kPrefix.size());
    if (const auto inode = parse_number<std::uint64_t>(cut(rest, ']'))) inodes.push_back(*inode);
  }
  if (err != 0)
    return fail("cannot look at the descriptors of process " + std::to_string(pid), err);
  return inodes;
}

Result<std::optional<Process>> find_process(std::uint16_t port) {
  auto udp = list_sockets(Transport::kUdp);
  auto tcp = list_sockets(Transport::kTcp);
  if (!udp) return std::unexpected(udp.error());
  if (!tcp) return std::unexpected(tcp.error());
  const auto elsewhere = [&](const Socket& s) { return !s.is_listening || s.local_port != port; };
  std::erase_if(*udp, elsewhere);
  std::erase_if(*tcp, [](const Socket& s) { return !s.is_listening; });
  std::vector<Socket> tcp_on_port = *tcp;
  std::erase_if(tcp_on_port, elsewhere);
  if (udp->empty() && tcp_on_port.empty()) return std::optional<Process>{};

  std::vector<pid_t> rivals = owners_of(*udp);
  std::vector<pid_t> owners = owners_of(tcp_on_port);
  owners.insert(owners.end(), rivals.begin(), rivals.end());
  if (owners.empty()) {
    return fail(fmt::format("port {} is in use, but no process is seen that holds it", port), 0,
                "run as root, or grant CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH");
  }
  // memcached listens over TCP, on this port unless it was told two of them, and perhaps over
  // UDP. Anybody may hold the UDP port of one that does not.
  std::optional<Process> found;
  int best = -1;
  for (const pid_t pid : owners) {
    const auto inodes = socket_inodes(pid);
    if (!inodes) continue;
    Process process{pid, held_by(*inodes, *udp), held_by(*inodes, *tcp), {}, {}};
    const int rank =
        4 * holds_any(*inodes, tcp_on_port) + 2 * !process.listeners.empty() + !process.udp.empty();
    if (rank <= best) continue;
    best = rank;
    found = std::move(process);
  }
  if (!found) return std::optional<Process>{};
  std::erase(rivals, found->pid);
  found->rivals = std::move(rivals);
  found->sharers = sharers_of(found->listeners, std::move(*tcp));
  return found;
}

Result<void> check_identity(pid_t pid, std::optional<std::uint64_t> told) {
  const auto status = read_file(fmt::format("/proc/{}/status", pid));
  if (!status) return std::unexpected(status.error());
  if (told && own_pid(*status).value_or(pid) == static_cast<pid_t>(*told)) return {};
  return fail(fmt::format("process {} answers for a memcached that is another process", pid), 0,
              "a proxy is nothing to serve for: bmc run where memcached itself listens");
}

std::optional<pid_t> own_pid(std::string_view status) {
  constexpr std::string_view kLabel = "\nNSpid:";
  const std::size_t at = status.find(kLabel);
  if (at == status.npos) return std::nullopt;
  std::string_view line = status.substr(at + kLabel.size());
  line = line.substr(0, line.find('\n'));
  const std::size_t last = line.find_last_of("\t ");
  return parse_number<pid_t>(line.substr(last == line.npos ? 0 : last + 1));
}

Result<Fd> open_pidfd(pid_t pid) {
  Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) return fail("cannot watch process " + std::to_string(pid), errno);
  return pidfd;
}

bool has_ended(const Fd& pidfd) {
  pollfd poll{pidfd.get(), POLLIN, 0};
  return ::poll(&poll, 1, 0) != 0;
}

std::optional<std::uint64_t> parse_start_ticks(std::string_view stat) {
  const auto behind_name = stat.rfind(')');
  if (behind_name == std::string_view::npos) return std::nullopt;
  stat.remove_prefix(behind_name + 1);
  for (int field = 3; field < 22; field++) cut_word(stat);
  return parse_number<std::uint64_t>(cut_word(stat));
}

Result<std::uint64_t> process_start_ns(pid_t pid) {
  const auto stat = read_file(fmt::format("/proc/{}/stat", pid));
  if (!stat) return std::unexpected(stat.error());
  const auto ticks = parse_start_ticks(*stat);
  if (!ticks) return fail("cannot read when process " + std::to_string(pid) + " began");
  const auto hz = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  const std::uint64_t began_ns = *ticks * (kNsPerSecond / hz);
  // Read in this order, so that the difference is not too small.
  const std::uint64_t monotonic = monotonic_ns();
  const std::uint64_t slept_ns = clock_ns(CLOCK_BOOTTIME) - monotonic;
  return began_ns > slept_ns ? began_ns - slept_ns : 0;
}

}  // namespace bmc
