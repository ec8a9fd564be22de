// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "reference/frame.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <span>

namespace bmc::reference {
namespace {

constexpr std::size_t kEthernet = 14, kVlan = 4, kV4 = 20, kV6 = 40, kUdp = 8, kFrame = 8;
constexpr Address kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

void put16(Bytes& out, std::uint32_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}

void set16(Bytes& out, std::size_t at, std::uint32_t value) {
  out[at] = static_cast<std::uint8_t>(value >> 8);
  out[at + 1] = static_cast<std::uint8_t>(value);
}

template <typename Range>
void put(Bytes& out, const Range& bytes) {
  out.insert(out.end(), std::begin(bytes), std::end(bytes));
}

/// The 16-bit words of RFC 1071, in network order, not yet folded.
std::uint32_t sum_of(std::span<const std::uint8_t> bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i++) sum += i % 2 == 0 ? bytes[i] << 8 : bytes[i];
  return sum;
}

std::uint16_t folded(std::uint32_t sum) {
  while (sum > 0xffff) sum = (sum >> 16) + (sum & 0xffff);
  return static_cast<std::uint16_t>(sum);
}

/// An address as it stands in its IP header.
std::span<const std::uint8_t> wire(const Address& address) {
  return is_v4(address) ? std::span(address).subspan(12) : std::span(address);
}

std::uint32_t pseudo_sum(const Address& source, const Address& target, std::size_t udp_bytes) {
  return sum_of(wire(source)) + sum_of(wire(target)) + IPPROTO_UDP +
         static_cast<std::uint32_t>(udp_bytes);
}

void put_ethernet(Bytes& out, const Datagram& d) {
  put(out, d.target_mac);
  put(out, d.source_mac);
  for (const auto vlan : d.vlans) {
    put16(out, d.vlan_type);
    put16(out, vlan);
  }
  put16(out, is_v4(d.target) ? 0x0800 : 0x86dd);
}

void put_v4(Bytes& out, const Datagram& d, std::size_t udp_bytes) {
  const std::size_t start = out.size(), bytes = kV4 + d.ip_options.size();
  out.push_back(static_cast<std::uint8_t>(0x40 | bytes / 4));
  out.push_back(d.tos);
  put16(out, static_cast<std::uint32_t>(bytes + udp_bytes));
  put16(out, 0x1234);
  put16(out, d.fragment);
  out.push_back(d.hops);
  out.push_back(IPPROTO_UDP);
  put16(out, 0);
  put(out, wire(d.source));
  put(out, wire(d.target));
  put(out, d.ip_options);
  set16(out, start + 10, static_cast<std::uint16_t>(~folded(sum_of(std::span(out).subspan(start)))));
}

void put_v6(Bytes& out, const Datagram& d, std::size_t udp_bytes) {
  put16(out, 0x6000 | d.tos << 4);
  put16(out, 0xbeef);  // flow label
  put16(out, static_cast<std::uint32_t>(udp_bytes));
  out.push_back(IPPROTO_UDP);
  out.push_back(d.hops);
  put(out, d.source);
  put(out, d.target);
}

std::uint16_t udp_checksum(const Datagram& d, std::span<const std::uint8_t> udp) {
  const auto pseudo = pseudo_sum(d.source, d.target, udp.size());
  const auto check = static_cast<std::uint16_t>(~folded(pseudo + sum_of(udp)));
  switch (d.checksum) {
    case Checksum::kNone: return 0;
    case Checksum::kPartial: return folded(pseudo);
    case Checksum::kWrong: return static_cast<std::uint16_t>((check ^ 0x5a5a) | 1);
    case Checksum::kRight: break;
  }
  return check != 0 ? check : 0xffff;
}

/// Reads a frame from its start; every read that is past its end fails it.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  std::span<const std::uint8_t> take(std::size_t count) {
    if (count > bytes_.size()) failed_ = true;
    if (failed_) return {};
    const auto taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }
  std::uint16_t u16() {
    const auto bytes = take(2);
    return failed_ ? 0 : static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
  }
  std::uint8_t u8() {
    const auto bytes = take(1);
    return failed_ ? 0 : bytes[0];
  }
  template <std::size_t N>
  void copy(std::array<std::uint8_t, N>& to, std::size_t at = 0) {
    const auto bytes = take(N - at);
    std::ranges::copy(bytes, to.begin() + static_cast<std::ptrdiff_t>(at));
  }
  std::span<const std::uint8_t> rest() const { return bytes_; }
  bool failed() const { return failed_; }

 private:
  std::span<const std::uint8_t> bytes_;
  bool failed_ = false;
};

enum class Eyes { kServers, kStrict };

/// Each returns the bytes that the IP header says follow it; -1 if it is wrong.
long read_v4(Reader& reader, Datagram& d, Eyes eyes) {
  const auto header = reader.rest();
  const auto first = reader.u8();
  d.tos = reader.u8();
  const auto total = reader.u16();
  reader.u16();
  d.fragment = reader.u16();
  d.hops = reader.u8();
  const auto protocol = reader.u8();
  reader.u16();
  d.source = d.target = kMappedPrefix;
  reader.copy(d.source, 12);
  reader.copy(d.target, 12);
  if (reader.failed() || first != 0x45 || protocol != IPPROTO_UDP || (d.fragment & 0x3fff) != 0 ||
      total < kV4) {
    return -1;
  }
  if (eyes == Eyes::kStrict && folded(sum_of(header.first(kV4))) != 0xffff) return -1;
  return total - static_cast<long>(kV4);
}

long read_v6(Reader& reader, Datagram& d) {
  const auto first = reader.u16();
  reader.u16();
  d.tos = static_cast<std::uint8_t>(first >> 4);
  const auto payload = reader.u16();
  const auto next = reader.u8();
  d.hops = reader.u8();
  reader.copy(d.source);
  reader.copy(d.target);
  if (reader.failed() || first >> 12 != 6 || next != IPPROTO_UDP || is_v4(d.source) ||
      is_v4(d.target)) {
    return -1;
  }
  return payload;
}

/// Nothing if the checksum is wrong.
std::optional<Checksum> judge_checksum(const Datagram& d, std::span<const std::uint8_t> udp,
                                       std::uint16_t check, Eyes eyes) {
  if (check == 0) return is_v4(d.source) ? std::optional(Checksum::kNone) : std::nullopt;
  const auto pseudo = pseudo_sum(d.source, d.target, udp.size());
  if (folded(pseudo + sum_of(udp)) == 0xffff) return Checksum::kRight;
  if (eyes == Eyes::kServers && check == folded(pseudo)) return Checksum::kPartial;
  return {};
}

std::optional<Datagram> read_frame(const Bytes& frame, Eyes eyes) {
  Datagram d;
  Reader reader(frame);
  reader.copy(d.target_mac);
  reader.copy(d.source_mac);
  auto type = reader.u16();
  if (type == 0x8100 || type == 0x88a8) {
    d.vlan_type = type;
    d.vlans.push_back(reader.u16());
    type = reader.u16();
  }
  if (type != 0x0800 && type != 0x86dd) return {};
  const long udp_bytes = type == 0x0800 ? read_v4(reader, d, eyes) : read_v6(reader, d);
  if (udp_bytes < static_cast<long>(kUdp + kFrame) ||
      static_cast<std::size_t>(udp_bytes) > reader.rest().size()) {
    return {};
  }
  const auto udp = reader.rest().first(static_cast<std::size_t>(udp_bytes));
  d.padding.assign(reader.rest().begin() + udp_bytes, reader.rest().end());
  d.source_port = reader.u16();
  d.target_port = reader.u16();
  const auto length = reader.u16();
  const auto check = reader.u16();
  for (auto& field : d.frame) field = reader.u16();
  const auto checksum = judge_checksum(d, udp, check, eyes);
  if (length != udp_bytes || !checksum) return {};
  d.checksum = *checksum;
  d.text.assign(udp.begin() + kUdp + kFrame, udp.end());
  return d;
}

}  // namespace

Address address_of(const char* text) {
  Address address = kMappedPrefix;
  if (inet_pton(AF_INET, text, address.data() + 12) == 1 ||
      inet_pton(AF_INET6, text, address.data()) == 1) {
    return address;
  }
  std::abort();
}

bool is_v4(const Address& address) {
  return std::equal(address.begin(), address.begin() + 12, kMappedPrefix.begin());
}

std::size_t ip_offset(const Datagram& shape) { return kEthernet + kVlan * shape.vlans.size(); }

std::size_t udp_offset(const Datagram& shape) {
  return ip_offset(shape) + (is_v4(shape.target) ? kV4 + shape.ip_options.size() : kV6);
}

std::size_t text_offset(const Datagram& shape) { return udp_offset(shape) + kUdp + kFrame; }

Bytes build(const Datagram& d) {
  Bytes udp;
  put16(udp, d.source_port);
  put16(udp, d.target_port);
  put16(udp, static_cast<std::uint32_t>(kUdp + kFrame + d.text.size()));
  put16(udp, 0);
  for (const auto field : d.frame) put16(udp, field);
  put(udp, d.text);
  set16(udp, 6, udp_checksum(d, udp));

  Bytes frame;
  put_ethernet(frame, d);
  if (is_v4(d.target)) {
    put_v4(frame, d, udp.size());
  } else {
    put_v6(frame, d, udp.size());
  }
  put(frame, udp);
  put(frame, d.padding);
  return frame;
}

std::optional<Datagram> take_apart(const Bytes& frame) { return read_frame(frame, Eyes::kStrict); }

std::optional<Datagram> take_apart_request(const Bytes& frame) {
  return read_frame(frame, Eyes::kServers);
}

void fix_checksums(Bytes& frame, const Datagram& shape) {
  const std::size_t ip = ip_offset(shape), udp = udp_offset(shape);
  Datagram d = shape;
  if (is_v4(shape.target)) {
    set16(frame, ip + 10, 0);
    const auto header = std::span(frame).subspan(ip, udp - ip);
    set16(frame, ip + 10, static_cast<std::uint16_t>(~folded(sum_of(header))));
    std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(ip) + 12, 4, d.source.begin() + 12);
    std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(ip) + 16, 4, d.target.begin() + 12);
  } else {
    std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(ip) + 8, 16, d.source.begin());
    std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(ip) + 24, 16, d.target.begin());
  }
  set16(frame, udp + 6, 0);
  const auto datagram = std::span(frame).subspan(udp, frame.size() - udp - shape.padding.size());
  set16(frame, udp + 6, udp_checksum(d, datagram));
}

std::string why_not_reply(const Datagram& request, const Bytes& reply, std::string_view text) {
  const auto d = take_apart(reply);
  if (!d) return "lengths or checksums are wrong: " + hex(reply);
  if (d->source_mac != request.target_mac || d->target_mac != request.source_mac) return "MACs";
  if (d->vlans != request.vlans || (!d->vlans.empty() && d->vlan_type != request.vlan_type)) {
    return "VLAN";
  }
  if (d->source != request.target || d->target != request.source) return "IP addresses";
  if (d->source_port != request.target_port || d->target_port != request.source_port) return "ports";
  if (d->frame != request.frame) return "UDP frame header";
  if (d->checksum == Checksum::kNone) return "no checksum";
  if (d->hops != 64 || d->tos != 0) return "hops or TOS taken from the client";
  if (!d->padding.empty()) return "bytes behind the datagram";
  if (d->text != text) return "text: " + d->text + "\ninstead of: " + std::string(text);
  return {};
}

std::string hex(const Bytes& bytes) {
  std::string out;
  char digits[4];
  for (const auto byte : bytes) {
    std::snprintf(digits, sizeof(digits), "%02x ", byte);
    out += digits;
  }
  return out;
}

}  // namespace bmc::reference
