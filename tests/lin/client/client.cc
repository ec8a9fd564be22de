// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "client/client.h"

#include <sys/socket.h>

#include <thread>

#include <fmt/core.h>

#include "client/udp_frame.h"

namespace bmc::lin {
namespace {

/// All commands in one numbering, and wheels to draw from in proportion to weights.
struct Wheels {
  std::vector<Command> all;
  std::vector<std::uint8_t> readers, udp, text, binary;

  Wheels() {
    add(text_commands(), text);
    add(meta_commands(), text);
    add(binary_commands(), binary);
  }

  void add(std::span<const Command> commands, std::vector<std::uint8_t>& tcp) {
    for (const Command& command : commands) {
      const auto number = static_cast<std::uint8_t>(all.size());
      readers.insert(readers.end(), static_cast<std::size_t>(command.reader_weight), number);
      udp.insert(udp.end(), static_cast<std::size_t>(command.udp_weight), number);
      tcp.insert(tcp.end(), static_cast<std::size_t>(command.tcp_weight), number);
      all.push_back(command);
    }
  }
};

const Wheels& wheels() {
  static const Wheels kWheels;
  return kWheels;
}

}  // namespace

const std::vector<const char*>& command_names() {
  static const std::vector<const char*> kNames = [] {
    std::vector<const char*> names;
    for (const Command& command : wheels().all) names.push_back(command.name);
    names.push_back("flush_all");
    names.push_back("(restart)");
    return names;
  }();
  return kNames;
}

std::uint8_t flush_command() { return static_cast<std::uint8_t>(command_names().size() - 2); }
std::uint8_t restart_command() { return static_cast<std::uint8_t>(command_names().size() - 1); }

Client::Client(const Server& server, const Keys& keys, std::uint8_t writer, std::uint64_t seed,
               const Habits& habits)
    : server_(server),
      habits_(habits),
      author_(keys, writer, seed, habits.too_large_values),
      recorder_(author_, history_),
      udp_(Socket::connect(server, SOCK_DGRAM, habits.udp_timeout)) {
  history_.requests_by_command.resize(command_names().size());
}

Drawn Client::draw(const std::vector<std::uint8_t>& wheel) {
  const auto size = static_cast<std::uint32_t>(wheel.size());
  const std::uint8_t number = wheel[below(author_.random(), size)];
  history_.requests++;
  history_.requests_by_command[number]++;
  return {wheels().all[number].make(author_), number};
}

/// A request must fit one datagram. Where datagrams are lost, one that is answered by more than one
/// message is not for UDP: an answer without one of them would say that a key is absent.
Drawn Client::draw_datagram(const std::vector<std::uint8_t>& wheel) {
  const auto suits = [&](const Request& request) {
    const bool has_one_answer = request.reads.size() <= 1 && request.framing != Framing::kTextUntilMn;
    return request.bytes.size() <= 1400 && (has_one_answer || !habits_.datagrams_get_lost);
  };
  Drawn drawn = draw(wheel);
  while (!suits(drawn.request)) drawn = draw(wheel);
  return drawn;
}

void Client::run(std::uint64_t requests, const std::atomic<bool>& stop) {
  while (history_.requests < requests && !stop.load(std::memory_order_relaxed)) {
    if (author_.one_in(1000)) drop(text_);
    if (author_.one_in(1000)) drop(binary_);
    if (below(author_.random(), 100) < habits_.read_percent) {
      over_udp(draw_datagram(wheels().readers));
      continue;
    }
    const std::uint32_t turn = below(author_.random(), 100);
    if (turn < 70) {
      over_udp(draw_datagram(wheels().udp));
    } else if (turn < 90) {
      std::vector<Drawn> batch;
      const std::uint32_t size = author_.one_in(15) ? 2 + below(author_.random(), 25) : 1;
      for (std::uint32_t i = 0; i < size; i++) batch.push_back(draw(wheels().text));
      over_tcp(text_, std::move(batch));
    } else {
      std::vector<Drawn> batch;
      const std::uint32_t size = author_.one_in(15) ? 2 + below(author_.random(), 5) : 1;
      for (std::uint32_t i = 0; i < size; i++) batch.push_back(draw(wheels().binary));
      over_tcp(binary_, std::move(batch));
    }
  }
  settle_silent(text_, kNever);
}

void Client::flush_all(std::int32_t delay_s) {
  Drawn drawn{.request = {}, .command = flush_command()};
  drawn.request.bytes = delay_s ? fmt::format("flush_all {}\r\n", delay_s) : "flush_all\r\n";
  drawn.request.op = op_on(kAllKeys, Effect::kRemove, delay_s);
  history_.requests_by_command[drawn.command]++;
  over_tcp(text_, {drawn});
}

void Client::over_udp(const Drawn& drawn) {
  const Request& request = drawn.request;
  udp_id_++;
  UdpReply datagrams(udp_id_);
  const Nanoseconds invoked = clock_ns();
  bool alive = udp_.send(udp_request(udp_id_, request.bytes));
  while (alive && request.framing != Framing::kNone) {
    std::string datagram;
    alive = udp_.receive(datagram);
    datagrams.add(datagram);
    if (const auto reply = take_reply(request.framing, datagrams.bytes())) {
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
  for (const Drawn& drawn : batch) bytes += drawn.request.bytes;
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
