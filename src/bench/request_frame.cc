// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/request_frame.h"

#include <arpa/inet.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <algorithm>
#include <cstring>

#include "base/checksum.h"
#include "bench/udp_frame.h"

namespace bmc::bench {
namespace {

constexpr std::string_view kCommand = "get ";
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::size_t kUdpAt = sizeof(ethhdr) + sizeof(iphdr);
constexpr std::size_t kKeyAt = kUdpAt + sizeof(udphdr) + UdpFrame::kBytes + kCommand.size();

/// What UDP's checksum covers besides the datagram itself.
struct PseudoHeader {
  std::uint32_t from;
  std::uint32_t to;
  std::uint16_t protocol;
  std::uint16_t udp_bytes;
};

std::string_view chars(const void* bytes, std::size_t size) {
  return {static_cast<const char*>(bytes), size};
}

iphdr ip_header(const FlowEnds& ends, std::size_t ip_bytes) {
  iphdr ip{};
  ip.version = 4;
  ip.ihl = 5;
  ip.tot_len = htons(static_cast<std::uint16_t>(ip_bytes));
  ip.ttl = 64;
  ip.protocol = IPPROTO_UDP;
  ip.saddr = ends.from.s_addr;
  ip.daddr = ends.to.s_addr;
  ip.check = static_cast<std::uint16_t>(~internet_sum(chars(&ip, sizeof ip)));
  return ip;
}

}  // namespace

RequestFrame::RequestFrame(const FlowEnds& ends, std::string_view key)
    : key_bytes_(key.size()), bytes_(kKeyAt + key.size() + kLineEnd.size()) {
  ethhdr ethernet{};
  std::ranges::copy(ends.to_mac, ethernet.h_dest);
  std::ranges::copy(ends.from_mac, ethernet.h_source);
  ethernet.h_proto = htons(ETH_P_IP);
  const iphdr ip = ip_header(ends, bytes_.size() - sizeof ethernet);
  udphdr udp{};
  udp.dest = htons(ends.to_port);
  udp.len = htons(static_cast<std::uint16_t>(bytes_.size() - kUdpAt));

  std::memcpy(&bytes_[0], &ethernet, sizeof ethernet);
  std::memcpy(&bytes_[sizeof ethernet], &ip, sizeof ip);
  std::memcpy(&bytes_[kUdpAt], &udp, sizeof udp);
  char* out = reinterpret_cast<char*>(&bytes_[kUdpAt + sizeof udp]);
  out = std::ranges::copy(kCommand, UdpFrame{}.write(out)).out;
  out = std::ranges::copy(key, out).out;
  std::ranges::copy(kLineEnd, out);
}

void RequestFrame::set_key(std::string_view key) noexcept {
  std::memcpy(&bytes_[kKeyAt], key.data(), key_bytes_);
}

std::size_t RequestFrame::tail_at() const noexcept {
  return kKeyAt + key_bytes_ - BMC_BENCH_TAIL_BYTES;
}

bmc_bench_draw RequestFrame::draw() const noexcept {
  iphdr ip;
  std::memcpy(&ip, &bytes_[sizeof(ethhdr)], sizeof ip);
  const std::size_t udp_bytes = bytes_.size() - kUdpAt;
  const PseudoHeader pseudo{ip.saddr, ip.daddr, htons(IPPROTO_UDP),
                            htons(static_cast<std::uint16_t>(udp_bytes))};
  bmc_bench_draw draw{};
  std::memcpy(draw.tail, &bytes_[tail_at()], sizeof draw.tail);
  draw.sum =
      internet_sum(chars(&pseudo, sizeof pseudo)) + internet_sum(chars(&bytes_[kUdpAt], udp_bytes));
  return draw;
}

}  // namespace bmc::bench
