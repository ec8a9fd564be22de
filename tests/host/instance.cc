// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "host/instance.h"

#include <linux/bpf.h>

#include <cstring>

#include "cache/hash.h"
#include "host/fill_item.h"
#include "reference/block.h"

namespace bmc::host {
namespace {

constexpr std::uint64_t kSeed = 0x9e2f6d1c55aa7013;
constexpr std::uint32_t kRoom = 4096;
constexpr int kTcNext = -1, kTcRedirect = 7;
constexpr reference::Mac kMac{0x02, 0, 0, 0, 0, 0x02};

}  // namespace

Instance::Instance() {
  host_load(kBuckets, kSlabs, kSeed);
  for (const char* address : {"192.0.2.2", "2001:db8::2"}) {
    host_listen_on(reference::address_of(address).data());
  }
  host_admit_client(reference::address_of("192.0.2.0").data(), 96 + 24);
  host_admit_client(reference::address_of("2001:db8::").data(), 64);
  for (const std::uint32_t vlan : {0, 5}) host_serve_vlan(vlan, kMac.data());
  // Memory for values of every size, which no other size can take any more.
  for (const std::size_t bytes : {1, 100, 150, 250, 400, 650, 900, 1300}) {
    put("size:" + std::to_string(bytes), Item{.data = std::string(bytes, 'v')});
  }
}

std::uint64_t Instance::hash(const std::string& key) const {
  std::uint8_t padded[BMC_KEY_MAX + 8] = {};
  std::memcpy(padded, key.data(), key.size());
  return hash_key(kSeed, padded, static_cast<std::uint32_t>(key.size()));
}

int Instance::put(const std::string& key, const Item& item) {
  const int result = fill_item(hash(key), key, item);
  if (result == 0) items_[key] = item;
  return result;
}

bool Instance::holds(const std::string& key) const {
  const bmc_bucket* bucket = host_bucket(hash_bucket(hash(key), kBuckets));
  for (const std::uint64_t word : bucket->slots) {
    if (word >> BMC_SLOT_TAG_SHIFT == hash_tag(hash(key))) return true;
  }
  return false;
}

Verdict Instance::run(host_hook hook, const Bytes& frame, bool is_partial) {
  Verdict verdict;
  verdict.out = frame;
  verdict.out.resize(kRoom);
  auto bytes = static_cast<std::uint32_t>(frame.size());
  const int raw = host_run(hook, verdict.out.data(), &bytes, kRoom, is_partial);
  verdict.out.resize(bytes);
  verdict.passed = raw == (hook == HOST_XDP ? XDP_PASS : kTcNext);
  verdict.answered = raw == (hook == HOST_XDP ? XDP_TX : kTcRedirect);
  return verdict;
}

reference::Datagram Instance::request(std::string text) {
  reference::Datagram datagram;
  datagram.target_mac = kMac;
  datagram.text = std::move(text);
  return datagram;
}

reference::Datagram Instance::request_v6(std::string text) {
  reference::Datagram datagram = request(std::move(text));
  datagram.source = reference::address_of("2001:db8::1");
  datagram.target = reference::address_of("2001:db8::2");
  return datagram;
}

std::string Instance::objection(const Bytes& frame, const Verdict& verdict) const {
  if (verdict.passed) return verdict.out == frame ? "" : "passed, but not as it came";
  if (!verdict.answered) return "neither passed nor answered";
  const auto datagram = reference::take_apart_request(frame);
  const auto parsed = datagram ? reference::parse_served(datagram->text) : std::nullopt;
  const auto text = parsed ? reference::reply_text(*parsed, items_) : std::nullopt;
  if (!text) return "answered what memcached has to answer";
  return reference::why_not_reply(*datagram, verdict.out, *text);
}

}  // namespace bmc::host
