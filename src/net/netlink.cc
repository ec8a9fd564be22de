// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "net/netlink.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

namespace bmc {
namespace {

constexpr std::size_t kReceiveBytes = 64 * 1024;  // more than any one message of a dump
constexpr unsigned kDumps = 4;                    // one, and three more if it was interrupted

Result<Fd> open_socket(int protocol, int flags, unsigned groups) {
  Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, protocol));
  if (!socket) return fail("cannot open a netlink socket", errno);
  sockaddr_nl local{};
  local.nl_family = AF_NETLINK;
  local.nl_groups = groups;
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&local), sizeof(local)) != 0) {
    return fail("cannot bind a netlink socket", errno);
  }
  return socket;
}

Result<void> send_request(int socket, unsigned short type, std::span<const std::byte> header,
                          unsigned short flags) {
  std::vector<std::byte> request(NLMSG_SPACE(header.size()));
  nlmsghdr message{};
  message.nlmsg_len = static_cast<std::uint32_t>(NLMSG_LENGTH(header.size()));
  message.nlmsg_type = type;
  message.nlmsg_flags = static_cast<unsigned short>(NLM_F_REQUEST | flags);
  message.nlmsg_seq = 1;
  std::memcpy(request.data(), &message, sizeof(message));
  std::memcpy(request.data() + NLMSG_HDRLEN, header.data(), header.size());
  if (::send(socket, request.data(), request.size(), 0) < 0) {
    return fail("cannot ask the kernel by netlink", errno);
  }
  return {};
}

/// All messages of a dump.
struct Dump {
  std::vector<std::byte> messages;
  bool was_interrupted = false;  ///< what it lists changed meanwhile: some may be missing
};

template <typename Each>
void for_each_message(std::span<const std::byte> bytes, Each each) {
  auto left = static_cast<unsigned>(bytes.size());
  for (auto* message = reinterpret_cast<const nlmsghdr*>(bytes.data()); NLMSG_OK(message, left);
       message = NLMSG_NEXT(message, left)) {
    each(*message);
  }
}

/// The error number at the end of a dump, or of one that was refused at once. The kernel tells it
/// at the end if it had begun to answer.
int error_of(const nlmsghdr& message) {
  int error = 0;  // also the first field of nlmsgerr
  if (message.nlmsg_len >= NLMSG_LENGTH(sizeof(error))) {
    std::memcpy(&error, NLMSG_DATA(&message), sizeof(error));
  }
  return -error;
}

Result<Dump> dump_once(unsigned short type, std::span<const std::byte> header, int protocol) {
  const auto socket = open_socket(protocol, 0, 0);
  if (!socket) return std::unexpected(socket.error());
  if (auto sent = send_request(socket->get(), type, header, NLM_F_DUMP); !sent) {
    return std::unexpected(sent.error());
  }
  std::vector<std::byte> buffer(kReceiveBytes);
  Dump dump;
  std::optional<int> error;
  while (!error) {
    const ssize_t got = ::recv(socket->get(), buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail("cannot read the kernel's answer by netlink", errno);
    const auto answer = std::span(buffer).first(static_cast<std::size_t>(got));
    for_each_message(answer, [&](const nlmsghdr& message) {
      if ((message.nlmsg_flags & NLM_F_DUMP_INTR) != 0) dump.was_interrupted = true;
      const bool is_end = message.nlmsg_type == NLMSG_DONE || message.nlmsg_type == NLMSG_ERROR;
      if (is_end) error = error_of(message);
    });
    dump.messages.insert(dump.messages.end(), answer.begin(), answer.end());
  }
  if (*error != 0) return fail("the kernel refused a netlink dump", *error);
  return dump;
}

}  // namespace

Attribute find_attribute(std::span<const std::byte> attributes, unsigned short type) {
  while (attributes.size() >= sizeof(rtattr)) {
    rtattr head;
    std::memcpy(&head, attributes.data(), sizeof(head));
    if (head.rta_len < sizeof(rtattr) || head.rta_len > attributes.size()) return {};
    if ((head.rta_type & NLA_TYPE_MASK) == type) {
      return attributes.subspan(RTA_LENGTH(0), head.rta_len - RTA_LENGTH(0));
    }
    attributes =
        attributes.subspan(std::min<std::size_t>(RTA_ALIGN(head.rta_len), attributes.size()));
  }
  return {};
}

std::string_view attribute_text(Attribute attribute) {
  if (attribute.empty()) return {};
  const auto* text = reinterpret_cast<const char*>(attribute.data());
  return {text, ::strnlen(text, attribute.size())};
}

std::uint32_t attribute_u32(Attribute attribute) {
  std::uint32_t value = 0;
  if (attribute.size() >= sizeof(value)) std::memcpy(&value, attribute.data(), sizeof(value));
  return value;
}

Result<void> netlink_dump(unsigned short type, std::span<const std::byte> header,
                          const std::function<void(const nlmsghdr&)>& each, int protocol) {
  for (unsigned i = 0; i < kDumps; i++) {
    const auto dump = dump_once(type, header, protocol);
    if (!dump) return std::unexpected(dump.error());
    if (dump->was_interrupted) continue;
    for_each_message(dump->messages, [&](const nlmsghdr& message) {
      if (message.nlmsg_type != NLMSG_DONE) each(message);
    });
    return {};
  }
  return fail("what the kernel lists by netlink changes all the time", EAGAIN);
}

Result<void> netlink_command(unsigned short type, std::span<const std::byte> header, int protocol) {
  const auto socket = open_socket(protocol, 0, 0);
  if (!socket) return std::unexpected(socket.error());
  if (auto sent = send_request(socket->get(), type, header, NLM_F_ACK); !sent) return sent;
  std::array<std::byte, 4096> answer;
  ssize_t got = 0;
  do {
    got = ::recv(socket->get(), answer.data(), answer.size(), 0);
  } while (got < 0 && errno == EINTR);
  const auto* message = reinterpret_cast<const nlmsghdr*>(answer.data());
  if (got < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(nlmsgerr))) ||
      message->nlmsg_type != NLMSG_ERROR) {
    return fail("cannot read the kernel's answer by netlink", got < 0 ? errno : EPROTO);
  }
  const auto* error = static_cast<const nlmsgerr*>(NLMSG_DATA(message));
  if (error->error != 0) return fail("the kernel refused a netlink command", -error->error);
  return {};
}

Result<Fd> open_netlink_monitor() {
  return open_socket(NETLINK_ROUTE, SOCK_NONBLOCK,
                     RTMGRP_LINK | RTMGRP_TC | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
}

bool drain_netlink_monitor(int fd) {
  std::array<std::byte, 16384> buffer;
  bool any = false;
  for (;;) {
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno != ENOBUFS) return any;  // ENOBUFS: notices were lost, so look again
    any = true;
  }
}

}  // namespace bmc
