// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/load_plan.h"

#include <fmt/format.h>

#include "bench/request_ids.h"
#include "bench/value.h"

namespace bmc::bench {
namespace {

constexpr std::uint32_t kMaxUdpValueBytes = 60'000;
constexpr std::uint32_t kMaxTtl = 2'592'000;  // above, memcached takes it for a date
constexpr auto kShortest = std::chrono::milliseconds(1);

Result<void> usage(bool is_right, const std::string& what, const std::string& hint) {
  if (is_right) return {};
  return fail(what, 0, hint, ExitCode::kUsage);
}

Result<void> check_shape(const LoadOptions& o) {
  if (o.threads == 0 || o.connections < o.threads) {
    return usage(false, fmt::format("{} connections for {} threads", o.connections, o.threads),
                 "every thread needs a connection: raise --connections");
  }
  if (o.outstanding == 0 || o.outstanding > RequestIds::kMaxOutstanding) {
    return usage(false, fmt::format("{} outstanding requests", o.outstanding),
                 fmt::format("--outstanding 1 to {}", RequestIds::kMaxOutstanding));
  }
  if (o.interval < kShortest || o.duration < kShortest || o.timeout < kShortest) {
    return usage(false, "a time too short to measure", "--seconds, --interval, --timeout 1ms");
  }
  if (o.rate && *o.rate <= 0) return usage(false, "a rate of nothing", "--rate above 0");
  if (o.get_ratio < 0 || o.get_ratio > 1) {
    return usage(false, "the ratio of gets is not within 0 and 1", "--get-ratio 0.9");
  }
  return usage(o.multiget >= 1 && o.multiget <= kMaxMultiget,
               fmt::format("gets of {} keys", o.multiget),
               fmt::format("--multiget 1 to {}", kMaxMultiget));
}

Result<void> check_items(const LoadOptions& o) {
  if (o.value_bytes.low < kMinValueBytes || o.value_bytes.high > kMaxValueBytes ||
      o.value_bytes.low > o.value_bytes.high) {
    return usage(false,
                 fmt::format("values of {} to {} bytes", o.value_bytes.low, o.value_bytes.high),
                 fmt::format("--value-bytes {} to {}: version and checksum need room",
                             kMinValueBytes, kMaxValueBytes));
  }
  if (o.ttl_s.low > o.ttl_s.high || o.ttl_s.high > kMaxTtl) {
    return usage(false, fmt::format("times to live of {} to {} s", o.ttl_s.low, o.ttl_s.high),
                 fmt::format("--ttl LOW:HIGH, up to {}", kMaxTtl));
  }
  if (!o.uniform && (o.zipf < 0 || o.zipf > 10)) {
    return usage(false, "an exponent that is no Zipf distribution's", "--zipf 0 to 10");
  }
  return {};
}

Result<void> check_wire(const LoadOptions& o) {
  const bool udp_sets = o.sets == Transport::kUdp && o.get_ratio < 1;
  if (o.multiget > 1 && o.command == GetCommand::kMetaGet) {
    return usage(false, "mg asks for one key", "--command get, or --multiget 1");
  }
  if (udp_sets && o.noreply) {
    return usage(false, "a noreply set over UDP cannot be known to be over", "--sets tcp");
  }
  if (udp_sets && o.value_bytes.high > kMaxUdpValueBytes) {
    return usage(false, "the values do not fit a UDP datagram", "--sets tcp");
  }
  const std::size_t get_bytes = o.multiget * (o.key_bytes + 1);
  return usage(o.gets == Transport::kTcp || get_bytes < kMaxUdpValueBytes,
               "the gets do not fit a UDP datagram", "a smaller --multiget");
}

KeyPicker picker_for(const LoadOptions& o, std::uint32_t keys) {
  return o.uniform ? KeyPicker::uniform(keys) : KeyPicker::zipf(keys, o.zipf);
}

}  // namespace

Result<std::unique_ptr<LoadPlan>> LoadPlan::make(LoadOptions options,
                                                 const std::atomic<bool>& stop) {
  if (options.value_sizes) options.value_bytes = options.value_sizes->bounds();
  for (const auto check : {check_shape, check_items, check_wire}) {
    if (const auto right = check(options); !right) return std::unexpected(right.error());
  }
  const auto keys = KeySpace::make(options.keys, options.key_bytes);
  if (!keys) return std::unexpected(keys.error());
  auto server = Endpoint::resolve(options.server);
  if (!server) return std::unexpected(server.error());
  return std::unique_ptr<LoadPlan>(new LoadPlan(options, std::move(*server), *keys, stop));
}

LoadPlan::LoadPlan(const LoadOptions& options, Endpoint server, const KeySpace& keys,
                   const std::atomic<bool>& stop)
    : options(options),
      server(std::move(server)),
      keys(keys),
      text(this->keys, options.command),
      picker(picker_for(options, keys.count())),
      versions(keys.count(), VersionTable::first_version()),
      stop(stop) {}

}  // namespace bmc::bench
