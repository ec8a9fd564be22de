// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "net/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace bmc::stream {

StreamSocket::~StreamSocket() {
  if (fd_ >= 0) ::close(fd_);
}

StreamSocket StreamSocket::connect(const lin::Server& server, const SocketOptions& options) {
  StreamSocket made;
  made.fd_ = ::socket(server.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (!made) return made;
  const int no_delay = options.no_delay ? 1 : 0;
  ::setsockopt(made.fd_, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof no_delay);
  // Both are told to the other side in the SYN, so they come before it.
  if (options.mss) {
    ::setsockopt(made.fd_, IPPROTO_TCP, TCP_MAXSEG, &options.mss, sizeof options.mss);
  }
  if (options.receive_buffer) {
    ::setsockopt(made.fd_, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer,
                 sizeof options.receive_buffer);
  }
  if (::connect(made.fd_, reinterpret_cast<const sockaddr*>(&server.address), server.length) &&
      errno != EINPROGRESS) {
    const int why = errno;
    made = {};
    errno = why;
  }
  return made;
}

std::uint16_t StreamSocket::local_port() const {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length)) return 0;
  // The port stands at the same place for both families.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

int StreamSocket::take_error() const {
  int error = 0;
  socklen_t length = sizeof error;
  return ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length) ? errno : error;
}

ssize_t StreamSocket::send(std::string_view bytes) const {
  return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

ssize_t StreamSocket::receive(char* buffer, std::size_t bytes) const {
  return ::recv(fd_, buffer, bytes, 0);
}

void StreamSocket::shut_down() const {
  ::shutdown(fd_, SHUT_WR);
}

}  // namespace bmc::stream
