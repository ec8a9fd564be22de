// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// One client: a UDP socket and two TCP connections (text and binary), used in
// turn, one request or one batch at a time. Everything it does is recorded.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/author.h"
#include "client/commands.h"
#include "client/recorder.h"
#include "client/sockets.h"
#include "client/wheels.h"
#include "history/client_history.h"

namespace bmc::lin {

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

/// How clients behave.
struct Habits {
  std::set<std::string> only;       ///< commands; all if it is empty
  std::uint32_t read_percent = 70;  ///< turns that only read, over UDP
  std::uint32_t cut_percent = 10;   ///< TCP requests that are sent in pieces
  bool datagrams_get_lost = false;
  bool too_large_values = true;  ///< a megabyte that memcached refuses
  std::chrono::milliseconds udp_timeout{500};
  std::chrono::milliseconds tcp_timeout{20000};
};

class Client {
 public:
  Client(const Server& server, const Keys& keys, std::uint8_t writer, std::uint64_t seed,
         const Habits& habits);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Works until it has done `requests` or `stop` is set.
  void run(std::uint64_t requests, const std::atomic<bool>& stop);

  void flush_all(std::int32_t delay_s);  ///< once, over TCP
  const ClientHistory& history() const { return history_; }

 private:
  void take_turn();
  std::vector<Drawn> draw_batch(const Wheels::Wheel& wheel, std::uint32_t most);
  void count(const Drawn& drawn);
  std::optional<Drawn> draw_datagram(const Wheels::Wheel& wheel);
  void over_udp(const Drawn& drawn);
  void over_tcp(Connection& connection, std::vector<Drawn> batch);
  bool connect(Connection& connection);
  bool send(const Socket& socket, std::string_view bytes);
  void drop(Connection& connection);
  void settle_silent(Connection& connection, Nanoseconds now);
  Drawn draw(const Wheels::Wheel& wheel);

  Server server_;
  Habits habits_;
  Wheels wheels_;
  Author author_;
  ClientHistory history_;
  Recorder recorder_;
  Socket udp_;
  std::uint16_t udp_id_ = 0;
  Connection text_;
  Connection binary_;
};


}  // namespace bmc::lin
