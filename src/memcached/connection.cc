// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "memcached/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

namespace bmc {
namespace {

constexpr std::size_t kReceiveBytes = 64 * 1024;

asio::ip::tcp::endpoint to_asio(const Endpoint& endpoint) {
  const auto* bytes = endpoint.address.raw.bytes;
  if (endpoint.address.is_ipv4()) {
    asio::ip::address_v4::bytes_type ipv4;
    std::copy(bytes + 12, bytes + 16, ipv4.begin());
    return {asio::ip::address_v4(ipv4), endpoint.port};
  }
  asio::ip::address_v6::bytes_type ipv6;
  std::copy(bytes, bytes + 16, ipv6.begin());
  return {asio::ip::address_v6(ipv6), endpoint.port};
}

}  // namespace

std::string Endpoint::text() const {
  return address.is_ipv4() ? fmt::format("{}:{}", address.text(), port)
                           : fmt::format("[{}]:{}", address.text(), port);
}

std::optional<Endpoint> local_endpoint(const std::vector<Socket>& listeners) {
  std::optional<Endpoint> best;
  for (const Socket& socket : listeners) {
    Endpoint endpoint{socket.local, socket.local_port};
    if (socket.local.is_any())
      endpoint.address = *Address::parse(socket.is_ipv6 ? "::1" : "127.0.0.1");
    if (!best || (endpoint.address.is_loopback() && !best->address.is_loopback())) best = endpoint;
  }
  return best;
}

Task<void> Connection::connect(Endpoint endpoint) {
  close();
  asio::error_code error;
  co_await socket_.async_connect(to_asio(endpoint),
                                 asio::redirect_error(asio::use_awaitable, error));
  if (error) {
    close();
    co_return fail("cannot connect to memcached at " + endpoint.text(), error.value());
  }
  socket_.set_option(asio::ip::tcp::no_delay(true), error);
  co_return Result<void>{};
}

Task<void> Connection::send(std::string_view request) {
  asio::error_code error;
  co_await asio::async_write(socket_, asio::buffer(request.data(), request.size()),
                             asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return fail("cannot send to memcached", error.value());
  co_return Result<void>{};
}

Task<void> Connection::receive() {
  buffer_.erase(0, consumed_);
  consumed_ = 0;
  const std::size_t had = buffer_.size();
  buffer_.resize(had + kReceiveBytes);
  asio::error_code error;
  const std::size_t got =
      co_await socket_.async_read_some(asio::buffer(buffer_.data() + had, kReceiveBytes),
                                       asio::redirect_error(asio::use_awaitable, error));
  buffer_.resize(had + got);
  if (error)
    co_return fail("memcached closed the connection",
                   error == asio::error::eof ? 0 : error.value());
  co_return Result<void>{};
}

void Connection::close() {
  asio::error_code ignored;
  socket_.close(ignored);
  buffer_.clear();
  consumed_ = 0;
}

Task<Stats> ask_stats(Connection& connection, std::string_view command) {
  const std::string request = fmt::format("{}\r\n", command);
  const auto sent = co_await connection.send(request);
  if (!sent) co_return std::unexpected(sent.error());
  for (;;) {
    auto answer = parse_stats(connection.received());
    if (answer.state == Parse::kWhole) {
      connection.consume(answer.bytes);
      co_return std::move(answer.value);
    }
    if (answer.state == Parse::kMalformed) {
      co_return fail(fmt::format("memcached's answer to '{}' is not of the known form", command));
    }
    const auto more = co_await connection.receive();
    if (!more) co_return std::unexpected(more.error());
  }
}

}  // namespace bmc
