// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// One client: a connection after the other, over which the author's requests go and whose
// replies are compared. It is driven by its worker's epoll loop and never blocks.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "journal/journal.h"
#include "model/author.h"
#include "model/comparison.h"
#include "model/random.h"
#include "net/findings.h"
#include "net/pieces.h"
#include "net/socket.h"

namespace bmc::stream {

using Clock = std::chrono::steady_clock;

struct Load {
  lin::Server server;
  SocketOptions socket;
  Habits habits;
  std::uint64_t seed = 0;
  std::uint32_t connections = 8;
  std::uint64_t requests_each = 1000;
  std::uint64_t reconnect_every = 0;  ///< requests; 0: never
  std::uint32_t pipeline = 1;         ///< requests that are answered and outstanding
  std::uint32_t cut_percent = 0;
  bool half_close = false;
  std::chrono::duration<double> patience{30};  ///< without a byte, before it is a hang
  JournalWriter* journal = nullptr;
};

class Connection {
 public:
  Connection(const Load& load, std::uint32_t number, Findings& findings);

  int fd() const { return socket_.fd(); }
  bool is_done() const { return state_ == State::kDone; }
  /// Whether it waits for room to write in.
  bool wants_to_write() const { return is_blocked_ || state_ == State::kConnecting; }
  /// When a pause between two pieces is over.
  std::optional<Clock::time_point> paused_until() const { return paused_until_; }

  void open(Clock::time_point now);
  /// False while this host has no free port: look_at_clock() tries again.
  bool has_socket() const { return static_cast<bool>(socket_); }
  /// The socket is ready, or a pause is over. Afterwards fd() may be another one.
  void proceed(Clock::time_point now);
  /// Whether it hangs, or has to end because time is up.
  void look_at_clock(Clock::time_point now);
  void finish_soon() { is_told_to_finish_ = true; }

 private:
  enum class State { kConnecting, kRunning, kEnding, kDone };

  bool is_owed() const { return comparison_.outstanding() > 0 || waits_for_end_; }
  void connect();
  void send_more(Clock::time_point now);
  void draw_burst();
  void draw(Request request, std::vector<Request>& burst);
  bool is_at_its_end() const;
  void receive(Clock::time_point now);
  void got(std::string_view bytes, Clock::time_point now);
  void got_end();
  void close_if_done(Clock::time_point now);
  void reopen(Clock::time_point now);
  void lose(const std::string& what);
  void give_up();
  std::uint32_t stream() const { return number_ + generation_ * load_.connections; }

  const Load& load_;
  std::uint32_t number_;
  Findings& findings_;
  Author author_;
  Random random_;  ///< of what is no request: bursts and cuts

  State state_ = State::kDone;
  StreamSocket socket_;
  std::uint16_t local_port_ = 0;
  std::uint32_t generation_ = 0;
  Comparison comparison_;
  std::deque<Piece> pieces_;
  std::size_t piece_done_ = 0;  ///< bytes of the first one
  std::optional<Clock::time_point> paused_until_;
  std::uint64_t made_ = 0, made_here_ = 0;  ///< requests, and those on this connection
  bool is_blocked_ = false, waits_for_end_ = false, is_told_to_finish_ = false;
  Clock::time_point last_progress_;
};

}  // namespace bmc::stream
