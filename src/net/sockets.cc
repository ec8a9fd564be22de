// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "net/sockets.h"

#include <netinet/tcp.h>

#include <array>
#include <cerrno>
#include <optional>

#include "base/file.h"
#include "base/text.h"

namespace bmc {
namespace {

struct Endpoint {
  Address address;
  std::uint16_t port;
  bool is_ipv6;
};

/// "0100007F:2BCB": every 32 bits of the address as the host loads them.
std::optional<Endpoint> parse_endpoint(std::string_view text) {
  std::string_view port = text;
  std::string_view digits = cut(port, ':');
  if (digits.size() != 8 && digits.size() != 32) return std::nullopt;
  std::array<std::uint32_t, 4> words{};
  const std::size_t count = digits.size() / 8;
  for (std::size_t i = 0; i < count; i++) {
    const auto word = parse_number<std::uint32_t>(digits.substr(i * 8, 8), 16);
    if (!word) return std::nullopt;
    words[i] = *word;
  }
  const auto number = parse_number<std::uint16_t>(port, 16);
  if (!number) return std::nullopt;
  const bool is_ipv6 = count == 4;
  return Endpoint{is_ipv6 ? Address::from_ipv6(words.data()) : Address::from_ipv4(words.data()),
                  *number, is_ipv6};
}

/// sl local remote state tx:rx timer:when retransmits uid timeout inode ...
std::optional<Socket> parse_line(std::string_view line, Transport transport) {
  cut_word(line);
  const auto local = parse_endpoint(cut_word(line));
  const auto remote = parse_endpoint(cut_word(line));
  const auto state = parse_number<unsigned>(cut_word(line), 16);
  std::string_view queues = cut_word(line);
  const auto send_queue = parse_number<std::uint32_t>(cut(queues, ':'), 16);
  for (int skipped = 0; skipped < 4; skipped++) cut_word(line);
  const auto inode = parse_number<std::uint64_t>(cut_word(line));
  if (!local || !remote || !state || !send_queue || !inode) return std::nullopt;

  Socket socket;
  socket.transport = transport;
  socket.is_ipv6 = local->is_ipv6;
  socket.local = local->address;
  socket.local_port = local->port;
  socket.remote = remote->address;
  socket.remote_port = remote->port;
  socket.is_listening = transport == Transport::kTcp ? *state == TCP_LISTEN : *state == TCP_CLOSE;
  socket.is_established = *state == TCP_ESTABLISHED || *state == TCP_CLOSE_WAIT;
  socket.send_queue_bytes = *send_queue;
  socket.inode = *inode;
  return socket;
}

}  // namespace

std::vector<Socket> parse_socket_table(std::string_view text, Transport transport) {
  std::vector<Socket> sockets;
  cut(text, '\n');
  while (!text.empty()) {
    if (const auto socket = parse_line(cut(text, '\n'), transport)) sockets.push_back(*socket);
  }
  return sockets;
}

Result<std::vector<Socket>> list_sockets(Transport transport) {
  const char* table = transport == Transport::kTcp ? "/proc/net/tcp" : "/proc/net/udp";
  std::vector<Socket> sockets;
  for (const char* family : {"", "6"}) {
    const auto text = read_file(std::string(table) + family);
    if (!text && text.error().err == ENOENT && *family) continue;  // a kernel without IPv6
    if (!text) return std::unexpected(text.error());
    const auto found = parse_socket_table(*text, transport);
    sockets.insert(sockets.end(), found.begin(), found.end());
  }
  return sockets;
}

}  // namespace bmc
