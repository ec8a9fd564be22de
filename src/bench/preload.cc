// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/preload.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "bench/poller.h"
#include "bench/tcp_channel.h"
#include "bench/workload.h"

namespace bmc::bench {
namespace {

constexpr unsigned kOutstanding = 16;  // pipelined: a batch that memcached takes in one read
constexpr std::uint64_t kPatienceNs = 10'000'000'000;  // without any answer
constexpr std::uint64_t kProgressNs = 1'000'000'000;

}  // namespace

Result<void> preload(LoadPlan& plan, const Progress& progress) {
  Tally tally;
  Latencies latencies;
  Judge judge(plan.keys, plan.versions, plan.complaints, tally, latencies);
  auto channel = TcpChannel::open(plan.server, plan.text, judge, kOutstanding, 1);
  if (!channel) return std::unexpected(channel.error());
  auto poller = Poller::make();
  if (!poller) return std::unexpected(poller.error());
  if (const auto added = poller->add((*channel)->fd(), 0); !added) return added;

  LoadOptions options = plan.options;
  options.noreply = false;
  Workload workload(options, plan.picker, plan.versions, mix64(plan.options.seed ^ 1));
  std::uint32_t next = 0;
  unsigned in_flight = 0;
  std::uint64_t answered_ns = monotonic_ns();
  std::uint64_t told_ns = answered_ns;
  while ((next < plan.keys.count() || in_flight > 0) && !plan.stop) {
    while (in_flight < kOutstanding && next < plan.keys.count()) {
      Request& request = (*channel)->begin();
      workload.fill_set(next++, request);
      (*channel)->submit(request);
      in_flight++;
    }
    if (const auto flushed = (*channel)->flush(); !flushed) return flushed;
    if (const auto watched = poller->watch_room((*channel)->fd(), 0, (*channel)->wants_to_write());
        !watched) {
      return watched;
    }
    if (const auto events = poller->wait(kProgressNs); !events) {
      return std::unexpected(events.error());
    }
    const auto ended = (*channel)->receive();
    if (!ended) return std::unexpected(ended.error());
    in_flight -= *ended;

    const std::uint64_t now = monotonic_ns();
    if (*ended > 0) answered_ns = now;
    if (now - answered_ns > kPatienceNs) return fail("the server does not answer sets");
    if (now - told_ns < kProgressNs) continue;
    told_ns = now;
    progress(fmt::format("preloading: {} of {} keys", next - in_flight, plan.keys.count()));
  }
  if (const std::uint64_t refused = tally.read()[Counter::errors]; refused > 0) {
    return fail(fmt::format("the server refused {} of {} items", refused, plan.keys.count()), 0,
                "give memcached more memory (-m), or larger items (-I)");
  }
  return {};
}

}  // namespace bmc::bench
