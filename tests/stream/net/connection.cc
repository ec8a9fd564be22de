// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "net/connection.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace bmc::stream {
namespace {

constexpr std::size_t kReceive = 65536;

/// So that the order in which bursts are drawn is not that of the requests.
constexpr std::uint64_t kOtherSeed = 0x5bd1e995;

bool is_only_busy(int error) {
  return error == EAGAIN || error == EINTR;
}

}  // namespace

Connection::Connection(const Load& load, std::uint32_t number, Findings& findings)
    : load_(load),
      number_(number),
      findings_(findings),
      author_(load.seed, number, load.habits),
      random_((load.seed ^ kOtherSeed) * 1'000'003 + number) {}

void Connection::open(Clock::time_point now) {
  comparison_ = {};
  pieces_.clear();
  piece_done_ = 0;
  paused_until_.reset();
  made_here_ = 0;
  is_blocked_ = waits_for_end_ = false;
  last_progress_ = now;
  state_ = State::kConnecting;
  connect();
}

void Connection::connect() {
  socket_ = StreamSocket::connect(load_.server, load_.socket);
  if (!socket_) {
    // All ports are taken, by connections that are closed and not forgotten yet.
    if (errno == EADDRNOTAVAIL) return;
    return lose(fmt::format("no connection: {}", std::strerror(errno)));
  }
  local_port_ = socket_.local_port();
  findings_.connections++;
  std::vector<Request> burst;
  draw(author_.hello(generation_), burst);
  pieces_.push_back({.bytes = burst.front().bytes});
}

void Connection::proceed(Clock::time_point now) {
  if (is_done() || !has_socket()) return;
  if (state_ == State::kConnecting) {
    if (const int error = socket_.take_error()) {
      return lose(fmt::format("no connection: {}", std::strerror(error)));
    }
    state_ = State::kRunning;
    last_progress_ = now;
  }
  receive(now);
  if (!is_done()) send_more(now);
  if (!is_done()) close_if_done(now);
}

/// Sends until the socket or a pause stops it; a new burst is drawn when the last one is on its
/// way.
void Connection::send_more(Clock::time_point now) {
  if (paused_until_ && now < *paused_until_) return;
  is_blocked_ = false;
  for (;;) {
    if (pieces_.empty()) {
      if (state_ == State::kEnding || comparison_.outstanding() >= load_.pipeline) return;
      draw_burst();
    }
    Piece& piece = pieces_.front();
    if (piece.pause.count() > 0) {
      paused_until_ = now + std::exchange(piece.pause, {});
      return;
    }
    paused_until_.reset();
    const ssize_t sent = socket_.send(std::string_view(piece.bytes).substr(piece_done_));
    if (sent < 0 && is_only_busy(errno)) {
      is_blocked_ = true;
      return;
    }
    if (sent < 0) return lose(fmt::format("while sending: {}", std::strerror(errno)));
    findings_.bytes_sent += static_cast<std::uint64_t>(sent);
    piece_done_ += static_cast<std::size_t>(sent);
    last_progress_ = now;
    if (piece_done_ < piece.bytes.size()) continue;
    pieces_.pop_front();
    piece_done_ = 0;
    if (pieces_.empty() && state_ == State::kEnding && load_.half_close) {
      socket_.shut_down();
      waits_for_end_ = true;
    }
  }
}

bool Connection::is_at_its_end() const {
  return is_told_to_finish_ || made_ >= load_.requests_each ||
         (load_.reconnect_every && made_here_ >= load_.reconnect_every);
}

void Connection::draw(Request request, std::vector<Request>& burst) {
  findings_.requests[static_cast<std::size_t>(request.kind)]++;
  made_++;
  made_here_++;
  comparison_.expect(request);
  if (load_.journal) load_.journal->sent(stream(), request);
  burst.push_back(std::move(request));
}

/// Some of what may be outstanding, or all; its last request is answered.
void Connection::draw_burst() {
  const std::uint64_t room = load_.pipeline - comparison_.outstanding();
  const std::size_t wanted = comparison_.outstanding() + random_.between(1, room);
  std::vector<Request> burst;
  while (comparison_.outstanding() < wanted && !is_at_its_end()) draw(author_.next(), burst);
  if (is_at_its_end()) {
    draw(Author::last(), burst);
    state_ = State::kEnding;
  }
  for (Piece& piece : into_pieces(burst, load_.cut_percent, random_)) {
    pieces_.push_back(std::move(piece));
  }
}

void Connection::receive(Clock::time_point now) {
  static thread_local std::array<char, kReceive> buffer;
  // Not until it is empty: a fast server must not keep the others waiting.
  const ssize_t bytes = socket_.receive(buffer.data(), buffer.size());
  if (bytes > 0) return got({buffer.data(), static_cast<std::size_t>(bytes)}, now);
  if (bytes == 0) return got_end();
  if (!is_only_busy(errno)) lose(fmt::format("while receiving: {}", std::strerror(errno)));
}

void Connection::got(std::string_view bytes, Clock::time_point now) {
  findings_.bytes_received += bytes.size();
  if (is_owed()) {
    findings_.longest_wait =
        std::max<std::chrono::nanoseconds>(findings_.longest_wait, now - last_progress_);
  }
  last_progress_ = now;
  if (auto wrong = comparison_.receive(bytes)) {
    findings_.wrong.push_back({number_, local_port_, std::move(*wrong)});
    give_up();
  }
}

void Connection::got_end() {
  if (comparison_.outstanding() > 0 || !waits_for_end_) {
    return lose("closed by the other side; outstanding: " + comparison_.oldest());
  }
  waits_for_end_ = false;
}

void Connection::close_if_done(Clock::time_point now) {
  if (state_ == State::kEnding && pieces_.empty() && !is_owed()) reopen(now);
}

/// Everything is answered.
void Connection::reopen(Clock::time_point now) {
  if (load_.journal) load_.journal->ended(stream(), local_port_, Ending::kAllAnswered);
  socket_ = {};
  generation_++;
  if (made_ >= load_.requests_each || is_told_to_finish_) {
    state_ = State::kDone;
  } else {
    open(now);
  }
}

void Connection::look_at_clock(Clock::time_point now) {
  if (is_done()) return;
  if (!has_socket()) connect();
  if (is_done()) return;
  const bool is_waiting = is_owed() || is_blocked_ || state_ == State::kConnecting;
  if (is_waiting && now - last_progress_ > load_.patience) {
    findings_.longest_wait =
        std::max<std::chrono::nanoseconds>(findings_.longest_wait, now - last_progress_);
    findings_.hangs.push_back({number_, local_port_, comparison_.oldest()});
    return give_up();
  }
  // An idle one, whose requests are all answered, would never be woken again.
  if (is_told_to_finish_ && !is_waiting) proceed(now);
}

void Connection::lose(const std::string& what) {
  findings_.lost.push_back({number_, local_port_, what});
  give_up();
}

/// Nothing more can be judged: this client is over.
void Connection::give_up() {
  if (load_.journal) load_.journal->ended(stream(), local_port_, Ending::kGivenUp);
  socket_ = {};
  state_ = State::kDone;
}

}  // namespace bmc::stream
