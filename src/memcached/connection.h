// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// One TCP connection to memcached in the event loop. Bytes pile up in
// received() until the caller has parsed them and says so by consume().
#pragma once

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "memcached/stats.h"
#include "net/sockets.h"

namespace bmc {

/// What a coroutine of the event loop returns.
template <typename T>
using Task = asio::awaitable<Result<T>>;

struct Endpoint {
  Address address;
  std::uint16_t port = 0;

  std::string text() const;
  bool operator==(const Endpoint&) const = default;
};

/// The address at which a process with these listeners is reached from here.
std::optional<Endpoint> local_endpoint(const std::vector<Socket>& listeners);

class Connection {
 public:
  explicit Connection(asio::any_io_executor executor) : socket_(std::move(executor)) {}

  Task<void> connect(Endpoint endpoint);
  Task<void> send(std::string_view request);
  /// Waits for at least one more byte.
  Task<void> receive();

  std::string_view received() const { return std::string_view(buffer_).substr(consumed_); }
  void consume(std::size_t bytes) { consumed_ += bytes; }

  bool is_open() const { return socket_.is_open(); }
  /// Ends whatever waits on the connection with an error.
  void close();

 private:
  asio::ip::tcp::socket socket_;
  std::string buffer_;
  std::size_t consumed_ = 0;
};

/// Sends `stats` or `stats settings` and waits for the answer.
Task<Stats> ask_stats(Connection& connection, std::string_view command);

}  // namespace bmc
