// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sr/preload/udp_groups.h"

#include <algorithm>
#include <cerrno>

#include "sr/preload/complain.h"
#include "sr/preload/cpus.h"
#include "sr/preload/settings.h"
#include "sr/preload/socket.h"
#include "sr/preload/steering.h"

namespace bmc::sr {

int UdpGroups::bind_first(int fd, const sockaddr* address, socklen_t length) noexcept {
  if (!share_port(fd)) return -1;
  if (next_bind(fd, address, length) != 0) return -1;
  if (is_steering() && !steer_by_cpu(fd)) {
    complain("cannot steer datagrams to the worker of their CPU", "memcached-sr without --steer");
    return -1;
  }
  return add(fd, fd) ? 0 : -1;
}

int UdpGroups::bind_another(int first) noexcept {
  const int fd = bind_like(first);
  if (fd < 0) {
    complain("cannot bind a UDP socket for another worker", "see who has the port: ss -ulpn");
    return -1;
  }
  if (!add(fd, first)) {
    close_keeping_errno(fd);
    return -1;
  }
  return fd;
}

void UdpGroups::adopt(int fd) noexcept {
  const Member* member = find(fd);
  if (member != nullptr && member->cpu >= 0) pin_this_thread(member->cpu);
}

bool UdpGroups::is_first(int fd) const noexcept {
  const Member* member = find(fd);
  return member != nullptr && member->first == fd;
}

int UdpGroups::size() const noexcept {
  return std::min(added_.load(std::memory_order_acquire), kMembersMax);
}

const UdpGroups::Member* UdpGroups::find(int fd) const noexcept {
  const auto end = members_.begin() + size();
  const auto found = std::find_if(members_.begin(), end, [fd](const Member& member) {
    return member.fd.load(std::memory_order_acquire) == fd;
  });
  return found == end ? nullptr : &*found;
}

bool UdpGroups::add(int fd, int first) noexcept {
  const auto worker = static_cast<int>(
      std::count_if(members_.begin(), members_.begin() + size(), [first](const Member& member) {
        return member.fd.load(std::memory_order_acquire) >= 0 && member.first == first;
      }));
  const int place = added_.fetch_add(1, std::memory_order_acq_rel);
  if (place >= kMembersMax) {
    errno = EMFILE;
    complain("too many UDP sockets", "fewer threads (-t) or addresses (-l)");
    return false;
  }
  Member& member = members_[static_cast<std::size_t>(place)];
  member.first = first;
  member.cpu = is_pinning() ? Cpus::of_main_thread().of_worker(worker) : -1;
  member.fd.store(fd, std::memory_order_release);
  return true;
}

}  // namespace bmc::sr
