// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// memcached's frames over UDP (protocol.txt, "UDP protocol"): 16-bit request id, sequence
// number, number of datagrams, and 0. memcached 1.6 answers one request with several messages, each
// with numbers of its own: nothing tells whether one is missing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace bmc::lin {

inline constexpr std::size_t kUdpFrame = 8;

inline std::string udp_request(std::uint16_t id, std::string_view bytes) {
  std::string datagram{static_cast<char>(id >> 8), static_cast<char>(id & 0xff)};
  return datagram.append(std::string_view("\0\0\0\1\0\0", 6)).append(bytes);
}

/// Puts the messages of a reply behind each other. The datagrams of one message may arrive in any
/// order; messages must not overtake each other.
class UdpReply {
 public:
  explicit UdpReply(std::uint16_t id) : id_(id) {}

  /// Takes what arrived, if it belongs to the reply.
  void add(std::string_view datagram) {
    if (datagram.size() < kUdpFrame || number(datagram, 0) != id_) return;
    if (number(datagram, 2) < next_) return;  // the wire has doubled it
    early_[number(datagram, 2)] = datagram.substr(kUdpFrame);
    const std::uint16_t total = number(datagram, 4);
    for (auto part = early_.find(next_); part != early_.end(); part = early_.find(next_)) {
      bytes_ += part->second;
      early_.erase(part);
      next_ = next_ + 1U < total ? static_cast<std::uint16_t>(next_ + 1) : 0;
    }
  }

  std::string& bytes() { return bytes_; }

 private:
  static std::uint16_t number(std::string_view datagram, std::size_t at) {
    return static_cast<std::uint16_t>(static_cast<unsigned char>(datagram[at]) << 8 |
                                      static_cast<unsigned char>(datagram[at + 1]));
  }

  std::uint16_t id_;
  std::uint16_t next_ = 0;  ///< of the message that is arriving
  std::map<std::uint16_t, std::string> early_;
  std::string bytes_;
};

}  // namespace bmc::lin
