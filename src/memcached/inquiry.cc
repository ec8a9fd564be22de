// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "memcached/inquiry.h"

#include <fmt/format.h>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include "base/exception.h"

namespace bmc {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 3s;

Task<ServerFacts> ask(asio::io_context& events, Endpoint endpoint, pid_t pid) {
  Connection connection(events.get_executor());
  const auto connected = co_await connection.connect(endpoint);
  if (!connected) co_return std::unexpected(connected.error());
  const auto settings = co_await ask_stats(connection, "stats settings");
  if (!settings) co_return std::unexpected(settings.error());
  const auto stats = co_await ask_stats(connection, "stats");
  if (!stats) co_return std::unexpected(stats.error());
  if (const auto same = check_identity(pid, stats->number("pid")); !same) {
    co_return std::unexpected(same.error());
  }
  co_return judge_settings(*settings, *stats);
}

}  // namespace

Error no_udp_error(std::uint16_t port) {
  return {fmt::format("memcached on port {} does not listen over UDP", port), 0,
          fmt::format(
              "leave --tcp off away; or memcached -U {} (in Debian: -U {} in /etc/memcached.conf)",
              port, port)};
}

Error no_tcp_error(std::uint16_t port) {
  return {fmt::format("memcached on port {} does not listen over TCP", port), 0,
          fmt::format("memcached -p {}: BMC asks it there, whoever is served", port)};
}

Task<void> connect_to(Connection& connection, Endpoint endpoint, pid_t pid) {
  const auto connected = co_await connection.connect(endpoint);
  if (!connected) co_return connected;
  const auto stats = co_await ask_stats(connection, "stats");
  const auto same =
      stats ? check_identity(pid, stats->number("pid")) : std::unexpected(stats.error());
  if (!same) connection.close();
  co_return same;
}

Result<Inquiry> inquire(std::uint16_t port) {
  auto process = find_process(port);
  if (!process) return std::unexpected(process.error());
  if (!*process) {
    return fail(fmt::format("nobody listens on port {}", port), 0,
                fmt::format("memcached -p {}", port));
  }
  const auto endpoint = local_endpoint((*process)->listeners);
  if (!endpoint) return std::unexpected(no_tcp_error(port));

  asio::io_context events(1);
  Result<ServerFacts> facts =
      fail(fmt::format("memcached at {} does not answer", endpoint->text()), ETIMEDOUT);
  asio::co_spawn(events, ask(events, *endpoint, (*process)->pid),
                 [&](const std::exception_ptr& thrown, Result<ServerFacts> answer) {
                   facts = thrown ? std::unexpected(error_of(thrown)) : std::move(answer);
                 });
  events.run_for(kPatience);
  if (!facts) return std::unexpected(facts.error());
  return Inquiry{std::move(**process), std::move(*facts)};
}

}  // namespace bmc
