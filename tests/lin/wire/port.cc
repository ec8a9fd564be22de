// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "wire/port.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace bmc::lin {
namespace {

constexpr std::size_t kLongestFrame = 65536;
constexpr int kBufferBytes = 8 << 20;

void require(bool holds, const char* what) {
  if (!holds) throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

Port::Port(const std::string& interface)
    : fd_(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  require(fd_ >= 0, "packet socket");
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &kBufferBytes, sizeof kBufferBytes);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDBUFFORCE, &kBufferBytes, sizeof kBufferBytes);
  const int on = 1;
  ::setsockopt(fd_, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
  ::setsockopt(fd_, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
  const auto index = static_cast<int>(::if_nametoindex(interface.c_str()));
  require(index != 0, interface.c_str());
  const packet_mreq everything{.mr_ifindex = index, .mr_type = PACKET_MR_PROMISC,
                               .mr_alen = 0, .mr_address = {}};
  require(!::setsockopt(fd_, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &everything, sizeof everything),
          "promiscuous mode");
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = index;
  require(!::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
}

Port::~Port() { ::close(fd_); }

std::optional<Frame> Port::receive() {
  static thread_local std::array<std::byte, kLongestFrame> buffer;
  ssize_t bytes = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (bytes < 0 && errno == ENETDOWN) bytes = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (bytes < 0) return std::nullopt;
  return Frame(buffer.begin(), buffer.begin() + bytes);
}

bool Port::send(std::span<const std::byte> frame) const {
  return ::send(fd_, frame.data(), frame.size(), 0) == static_cast<ssize_t>(frame.size());
}

}  // namespace bmc::lin
