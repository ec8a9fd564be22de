// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A TCP socket that never blocks, with the options that change how its bytes become segments.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "client/sockets.h"

namespace bmc::stream {

struct SocketOptions {
  bool no_delay = true;
  int mss = 0;             ///< TCP_MAXSEG; 0: the kernel's
  int receive_buffer = 0;  ///< SO_RCVBUF; 0: the kernel's
};

class StreamSocket {
 public:
  StreamSocket() = default;
  StreamSocket(StreamSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  StreamSocket& operator=(StreamSocket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~StreamSocket();

  /// Begins to connect. Without a socket, errno tells why.
  static StreamSocket connect(const lin::Server& server, const SocketOptions& options);

  explicit operator bool() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  std::uint16_t local_port() const;
  /// What went wrong since the last call: 0, or an errno.
  int take_error() const;
  /// How many bytes were taken; -1: errno says why not.
  ssize_t send(std::string_view bytes) const;
  ssize_t receive(char* buffer, std::size_t bytes) const;
  void shut_down() const;  ///< this side's half: the other one sees an end

 private:
  int fd_ = -1;
};

}  // namespace bmc::stream
