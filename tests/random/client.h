// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// One client: a UDP socket and two TCP connections (text and binary), used in
// turn, one request or one batch at a time. Everything it does is recorded.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "author.h"
#include "commands.h"
#include "history_of_client.h"
#include "recorder.h"
#include "sockets.h"

namespace bmc::random_test {

/// A drawn request and its place in the table of all commands.
struct Drawn {
  Request request;
  std::uint8_t command;
};

struct Invoked {
  Drawn drawn;
  Nanoseconds at;
};

/// One TCP connection, made anew after it broke.
struct Connection {
  Socket socket;
  std::string received;
  std::vector<Invoked> silent;  ///< noreply commands that nothing has answered for yet
};

class Client {
 public:
  Client(const Server& tcp, const Server& udp, const Keys& keys, std::uint8_t writer,
         std::uint64_t seed);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Works until it has done `requests` or `stop` is set. In so many percent of its
  /// turns it only reads, over UDP.
  void run(std::uint64_t requests, std::uint32_t read_percent, const std::atomic<bool>& stop);

  void flush_all();  ///< once, over TCP
  const ClientHistory& history() const { return history_; }

 private:
  Drawn draw_datagram(const std::vector<std::uint8_t>& wheel);
  void over_udp(const Drawn& drawn);
  void over_tcp(Connection& connection, std::vector<Drawn> batch);
  bool connect(Connection& connection);
  void drop(Connection& connection);
  void settle_silent(Connection& connection, Nanoseconds now);
  Drawn draw(const std::vector<std::uint8_t>& wheel);

  Server tcp_server_;
  Server udp_server_;
  Author author_;
  ClientHistory history_;
  Recorder recorder_;
  Socket udp_;
  std::uint16_t udp_id_ = 0;
  Connection text_;
  Connection binary_;
};

/// The names of all commands, in the order of their numbers.
const std::vector<const char*>& command_names();

}  // namespace bmc::random_test
