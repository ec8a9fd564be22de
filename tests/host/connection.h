// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// One TCP connection of memcached as the tap follows it on the host, and the
// log of the writes that it saw begin: what host/task.h is to C.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/task.h"

namespace bmc::host {

/// Exists once at a time, for all connections.
class WriteLog {
 public:
  /// @buckets: as many as host_load() was given.
  explicit WriteLog(std::uint32_t buckets);
  ~WriteLog();
  WriteLog(const WriteLog&) = delete;
  WriteLog& operator=(const WriteLog&) = delete;

  /// The buckets of all writes, in the order in which they began.
  const std::vector<std::uint32_t>& begun() const { return begun_; }

 private:
  static void unlocked(const void* bucket, void* log);

  std::vector<std::uint32_t> begun_;
  std::vector<std::uint32_t> opens_;
};

class Connection {
 public:
  /// Of the socket, which it releases.
  explicit Connection(host_socket* socket = host_socket_open()) : socket_(socket) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// memcached's read of @asked bytes has returned these.
  void received(std::string_view data, std::uint64_t asked);

  /// By any call, with MSG_* flags.
  void received(std::string_view data, std::uint64_t asked, host_call call, int flags = 0);

  /// A call that gave nothing but an error.
  void failed(host_call call);

  host_socket* socket() const { return socket_; }

  /// memcached's sendmsg has taken the first @bytes of the pieces.
  void sent(std::span<const std::string> pieces, std::uint32_t bytes);
  void sent(const std::string& whole) {
    sent({&whole, 1}, static_cast<std::uint32_t>(whole.size()));
  }

  host_conn look() const;

 private:
  host_socket* socket_;
};

}  // namespace bmc::host
