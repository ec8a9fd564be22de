// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "client/client.h"

#include <sys/socket.h>

#include <thread>

#include <fmt/core.h>

#include "client/udp_frame.h"

namespace bmc::lin {

Client::Client(const Server& server, const Keys& keys, std::uint8_t writer, std::uint64_t seed,
               const Habits& habits)
    : server_(server),
      habits_(habits),
      wheels_(habits.only),
      author_(keys, writer, seed, habits.too_large_values),
      recorder_(author_, history_),
      udp_(Socket::connect(server, SOCK_DGRAM, habits.udp_timeout)) {
  history_.requests_by_command.resize(command_names().size());
}

Drawn Client::draw(const Wheels::Wheel& wheel) {
  const auto size = static_cast<std::uint32_t>(wheel.size());
  const std::uint8_t number = wheel[below(author_.random(), size)];
  return {wheels_.all[number].make(author_), number};
}

void Client::count(const Drawn& drawn) {
  history_.requests++;
  history_.requests_by_command[drawn.command]++;
}

/// One that fits a datagram. Where datagrams are lost or overtake each other, it has one message for
/// an answer: nothing tells whose the parts of several are.
std::optional<Drawn> Client::draw_datagram(const Wheels::Wheel& wheel) {
  for (int tries = 0; tries < 100 && !wheel.empty(); tries++) {
    Drawn drawn = draw(wheel);
    Request& request = drawn.request;
    request.has_messages = request.reads.size() > 1 || request.framing == Framing::kTextUntilMn ||
                           request.framing == Framing::kBinaryUntilNoop;
    const bool suits = !request.has_messages || !habits_.datagrams_get_lost;
    if (suits && request.bytes.size() <= 1400) return drawn;
  }
  return std::nullopt;
}

void Client::run(std::uint64_t requests, const std::atomic<bool>& stop) {
  while (history_.requests < requests && !stop.load(std::memory_order_relaxed)) take_turn();
  settle_silent(text_, kNever);
}

void Client::take_turn() {
  if (author_.one_in(1000)) drop(text_);
  if (author_.one_in(1000)) drop(binary_);
  const bool only_reads = below(author_.random(), 100) < habits_.read_percent;
  const std::uint32_t turn = below(author_.random(), 100);
  if (only_reads || turn < 70) {
    if (auto drawn = draw_datagram(only_reads ? wheels_.readers : wheels_.udp)) {
      return over_udp(*drawn);
    }
  }
  if (turn < 90 || wheels_.binary.empty()) return over_tcp(text_, draw_batch(wheels_.text, 26));
  over_tcp(binary_, draw_batch(wheels_.binary, 6));
}

/// Mostly one command.
std::vector<Drawn> Client::draw_batch(const Wheels::Wheel& wheel, std::uint32_t most) {
  std::vector<Drawn> batch;
  const std::uint32_t size = author_.one_in(15) ? 2 + below(author_.random(), most - 1) : 1;
  for (std::uint32_t i = 0; i < size; i++) batch.push_back(draw(wheel));
  return batch;
}

void Client::flush_all(std::int32_t delay_s) {
  Drawn drawn{.request = {}, .command = flush_command()};
  drawn.request.bytes = delay_s ? fmt::format("flush_all {}\r\n", delay_s) : "flush_all\r\n";
  drawn.request.op = op_on(kAllKeys, Effect::kRemove, delay_s);
  over_tcp(text_, {drawn});
}

void Client::over_udp(const Drawn& drawn) {
  const Request& request = drawn.request;
  count(drawn);
  udp_id_++;
  UdpReply datagrams(udp_id_);
  const Nanoseconds invoked = clock_ns();
  bool alive = udp_.send(udp_request(udp_id_, request.bytes));
  while (alive && request.framing != Framing::kNone) {
    std::string datagram;
    alive = udp_.receive(datagram);
    datagrams.add(datagram);
    if (auto reply = take_reply(request.framing, datagrams.bytes())) {
      if (!datagrams.bytes().empty()) reply->status = Status::kGarbled;
      recorder_.answered(request, *reply, invoked, clock_ns(), drawn.command);
      return;
    }
  }
  if (request.framing != Framing::kNone) history_.timeouts++;
  recorder_.unanswered(request, invoked, kNever, drawn.command);
}

void Client::over_tcp(Connection& connection, std::vector<Drawn> batch) {
  if (!connection.socket && !connect(connection)) return;
  std::string bytes;
  for (const Drawn& drawn : batch) {
    count(drawn);
    bytes += drawn.request.bytes;
  }
  const Nanoseconds invoked = clock_ns();
  for (Drawn& drawn : batch) connection.silent.push_back({std::move(drawn), invoked});
  if (!send(connection.socket, bytes)) return drop(connection);

  // Noreply commands stay in `silent` until a later one is answered.
  std::size_t next = connection.silent.size() - batch.size();
  while (next < connection.silent.size()) {
    if (connection.silent[next].drawn.request.framing == Framing::kNone) {
      next++;
      continue;
    }
    const auto reply =
        take_reply(connection.silent[next].drawn.request.framing, connection.received);
    if (!reply) {
      if (!connection.socket.receive(connection.received)) return drop(connection);
      continue;
    }
    const Nanoseconds answered = clock_ns();
    const Invoked done = std::move(connection.silent[next]);
    recorder_.answered(done.drawn.request, *reply, done.at, answered, done.drawn.command);
    std::vector<Invoked> later(std::make_move_iterator(connection.silent.begin() +
                                                       static_cast<std::ptrdiff_t>(next) + 1),
                               std::make_move_iterator(connection.silent.end()));
    connection.silent.resize(next);
    settle_silent(connection, answered);
    connection.silent = std::move(later);
    next = 0;
  }
}

/// Sometimes in up to four pieces, cut anywhere, which arrive one by one.
bool Client::send(const Socket& socket, std::string_view bytes) {
  if (below(author_.random(), 100) < habits_.cut_percent) {
    for (std::uint32_t cuts = 1 + below(author_.random(), 3); cuts > 0 && bytes.size() > 1; cuts--) {
      const auto limit = static_cast<std::uint32_t>(bytes.size() - 1);
      const std::size_t cut = 1 + below(author_.random(), limit);
      if (!socket.send(bytes.substr(0, cut))) return false;
      bytes.remove_prefix(cut);
      const std::chrono::microseconds pause{below(author_.random(), 4) * 100};
      if (pause.count() > 0) std::this_thread::sleep_for(pause);
    }
  }
  return socket.send(bytes);
}

void Client::settle_silent(Connection& connection, Nanoseconds now) {
  for (const Invoked& silent : connection.silent) {
    recorder_.unanswered(silent.drawn.request, silent.at, now, silent.drawn.command);
  }
  connection.silent.clear();
}

bool Client::connect(Connection& connection) {
  connection.socket = Socket::connect(server_, SOCK_STREAM, habits_.tcp_timeout);
  if (connection.socket) return true;
  history_.requests++;  // so that a run without a server ends
  std::this_thread::sleep_for(std::chrono::milliseconds{20});
  return false;
}

/// The connection broke or is closed: what was under way may still take effect.
void Client::drop(Connection& connection) {
  settle_silent(connection, kNever);
  connection = {};
  history_.reconnects++;
}

}  // namespace bmc::lin
