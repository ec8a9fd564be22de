// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Ethernet frames with a memcached datagram in them: built field by field for
// tests, and taken apart again by code that knows nothing of how the kernel
// side does it. Checksums are those of RFC 1071, byte by byte.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bmc::reference {

using Bytes = std::vector<std::uint8_t>;
using Mac = std::array<std::uint8_t, 6>;
using Address = std::array<std::uint8_t, 16>;  ///< IPv6, or IPv4-mapped

/// Of "192.0.2.1" or "2001:db8::1".
Address address_of(const char* text);
/// The IPv4-mapped form is sent as IPv4.
bool is_v4(const Address& address);

enum class Checksum {
  kRight,
  kNone,     ///< 0
  kWrong,
  kPartial,  ///< the pseudo header's sum only, as a local sender leaves it
};

/// One datagram, whose fields are all there to be changed.
struct Datagram {
  Mac source_mac{0x02, 0, 0, 0, 0, 0x01};
  Mac target_mac{};
  std::vector<std::uint16_t> vlans{};  ///< tags, outermost first
  std::uint16_t vlan_type = 0x8100;
  Address source = address_of("192.0.2.1");
  Address target = address_of("192.0.2.2");
  std::uint8_t hops = 61;
  std::uint8_t tos = 0;
  std::uint16_t fragment = 0x4000;     ///< IPv4: flags and offset
  Bytes ip_options{};                  ///< IPv4, a multiple of 4 bytes
  std::uint16_t source_port = 40000;
  std::uint16_t target_port = 11211;
  std::array<std::uint16_t, 4> frame{0xbeef, 0, 1, 0};  ///< id, sequence, total, reserved
  std::string text{};
  Checksum checksum = Checksum::kRight;
  Bytes padding{};                     ///< behind the datagram
};

Bytes build(const Datagram& datagram);

/// A frame taken apart. Nothing if it is not a whole unfragmented UDP datagram
/// with one message in it, all lengths and checksums right.
std::optional<Datagram> take_apart(const Bytes& frame);

/// The same, by the eyes of a server that is asked: a partial checksum will do,
/// and of the IPv4 header nothing counts that the UDP checksum does not cover.
std::optional<Datagram> take_apart_request(const Bytes& frame);

/// Writes the right IPv4 header and UDP checksums into a frame whose headers
/// are where build() put them.
void fix_checksums(Bytes& frame, const Datagram& shape);

/// Offsets in the frame that build() makes of @shape.
std::size_t ip_offset(const Datagram& shape);
std::size_t udp_offset(const Datagram& shape);
std::size_t text_offset(const Datagram& shape);

/// Why @reply is not the answer to @request with exactly this text: MAC
/// addresses, IP addresses and ports swapped, the same VLAN and frame header,
/// lengths and checksums right, nothing behind it. Empty if it is.
std::string why_not_reply(const Datagram& request, const Bytes& reply, std::string_view text);

std::string hex(const Bytes& bytes);

}  // namespace bmc::reference
