// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/judge.h"

#include <fmt/format.h>

#include "base/clock.h"

namespace bmc::bench {
namespace {

/// memcached's clock may be a second late, an item lives for up to a second
/// more than asked, and the set may have waited for its turn.
constexpr std::int64_t kExpirySlack = 3;

std::int64_t unix_minus_monotonic() {
  timespec real;
  clock_gettime(CLOCK_REALTIME, &real);
  return real.tv_sec * 1'000'000'000LL + real.tv_nsec - static_cast<std::int64_t>(monotonic_ns());
}

Fault fault_of(ValueFault fault) {
  return fault == ValueFault::kCorrupted ? Fault::corrupted : Fault::foreign;
}

}  // namespace

void Complaints::add(Fault fault, const std::string& about) {
  const std::lock_guard guard(mutex_);
  if (texts_.size() >= kKept) return;
  texts_.push_back(fmt::format("{}: {}: {}", name_of(fault), meaning_of(fault), about));
}

std::vector<std::string> Complaints::texts() const {
  const std::lock_guard guard(mutex_);
  return texts_;
}

Judge::Judge(const KeySpace& keys, VersionTable& versions, Complaints& complaints, Tally& tally,
             Latencies& latencies)
    : keys_(keys),
      versions_(versions),
      complaints_(complaints),
      tally_(tally),
      latencies_(latencies),
      unix_minus_monotonic_ns_(unix_minus_monotonic()) {}

Judge::Verdict Judge::judge(Request& request, const Reply& reply) {
  switch (request.kind) {
    case Request::Kind::kGet:
      return judge_get(request, reply);
    case Request::Kind::kSet:
      return judge_set(request, reply);
    case Request::Kind::kNoop:
      return reply.kind == ReplyKind::kNoop ? Verdict::kDone : unexpected(request, reply);
  }
  return Verdict::kBroken;
}

Judge::Verdict Judge::judge_get(Request& request, const Reply& reply) {
  switch (reply.kind) {
    case ReplyKind::kValue:
      judge_value(request, reply);
      // mg says neither END nor more.
      if (!reply.line.starts_with("VA ")) return Verdict::kMore;
      [[fallthrough]];
    case ReplyKind::kEnd:
    case ReplyKind::kMiss:
      finish(request);
      return Verdict::kDone;
    case ReplyKind::kError:
      tally_.add(Counter::errors);
      return Verdict::kDone;
    default:
      return unexpected(request, reply);
  }
}

Judge::Verdict Judge::judge_set(Request& request, const Reply& reply) {
  switch (reply.kind) {
    case ReplyKind::kStored:
      finish(request);
      return Verdict::kDone;
    case ReplyKind::kRefused:
    case ReplyKind::kError:
      tally_.add(Counter::errors);
      return Verdict::kDone;
    default:
      return unexpected(request, reply);
  }
}

Judge::Verdict Judge::unexpected(const Request& request, const Reply& reply) {
  static constexpr const char* kKinds[] = {"get", "set", "mn"};
  blame(Fault::malformed,
        fmt::format("{} of {} was answered by '{}'", kKinds[static_cast<int>(request.kind)],
                    request.read ? keys_.text(request.read[0].key) : "nothing",
                    reply.line.substr(0, 80)));
  return Verdict::kBroken;
}

/// Values come in the order in which their keys were asked for, misses left out.
void Judge::judge_value(Request& request, const Reply& reply) {
  const auto number = keys_.number(reply.key);
  unsigned i = request.matched;
  while (i < request.reads && number != request.read[i].key) i++;
  if (i == request.reads) {
    blame(Fault::wrong_key,
          fmt::format("asked for {}, got '{}'", keys_.text(request.read[0].key), reply.key));
    return;
  }
  request.matched = static_cast<std::uint16_t>(i + 1);
  request.hits++;
  if (reply.flags != value_flags(*number)) {
    blame(Fault::wrong_flags, fmt::format("{} has flags {}", reply.key, reply.flags));
  }
  const auto stamp = read_value(reply.data, *number);
  if (!stamp) {
    blame(fault_of(stamp.error()), fmt::format("{}, {} bytes", reply.key, reply.data.size()));
    return;
  }
  judge_stamp(request, request.read[i], *stamp);
}

void Judge::judge_stamp(const Request& request, const Read& read, const ValueStamp& stamp) {
  if (stamp.key != read.key) {
    blame(Fault::wrong_key,
          fmt::format("{} carries the value of key number {}", keys_.text(read.key), stamp.key));
    return;
  }
  if (stamp.version < read.floor) {
    blame(Fault::stale, fmt::format("{} has version {}, but {} was over before",
                                    keys_.text(read.key), stamp.version, read.floor));
  }
  if (stamp.expires_s != 0) {
    const auto asked_ns = static_cast<std::int64_t>(request.sent_ns) + unix_minus_monotonic_ns_;
    const std::int64_t over_s = asked_ns / 1'000'000'000 - stamp.expires_s;
    if (over_s > kExpirySlack) {
      blame(Fault::expired, fmt::format("{} expired {} s ago", keys_.text(read.key), over_s));
    }
  }
  if (stamp.since > read.floor) versions_.saw(read.key, stamp.since);
}

void Judge::finish(Request& request) {
  if (request.kind == Request::Kind::kNoop) return;
  const bool timed = now_ns_ >= from_ns_ && now_ns_ < to_ns_;
  const std::uint64_t latency_ns = now_ns_ - request.intended_ns;
  const Tally::Together together(tally_);
  tally_.add(Counter::requests);
  if (request.kind == Request::Kind::kSet) {
    versions_.end_write(request.read[0].key);
    tally_.add(Counter::sets);
    if (timed) latencies_.sets.record(latency_ns);
    return;
  }
  tally_.add(Counter::gets);
  tally_.add(Counter::keys, request.reads);
  tally_.add(Counter::hits, request.hits);
  tally_.add(Counter::misses, request.reads - request.hits);
  if (timed) latencies_.gets.record(latency_ns);
}

void Judge::blame(Fault fault, const std::string& about) {
  tally_.add(fault);
  complaints_.add(fault, about);
}

}  // namespace bmc::bench
