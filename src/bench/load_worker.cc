// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/load_worker.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/clock.h"
#include "bench/tcp_channel.h"
#include "bench/udp_channel.h"

namespace bmc::bench {
namespace {

constexpr std::uint64_t kLongestWaitNs = 50'000'000;  // so that a stop is noticed soon
constexpr std::uint64_t kReconnectNs = 10'000'000'000;
constexpr auto kReconnectPause = std::chrono::milliseconds(20);

std::uint64_t seed_of(const LoadPlan& plan, unsigned index) {
  return mix64(plan.options.seed) + index;
}

}  // namespace

Result<std::unique_ptr<LoadWorker>> LoadWorker::make(LoadPlan& plan, unsigned index) {
  auto poller = Poller::make();
  if (!poller) return std::unexpected(poller.error());
  std::unique_ptr<LoadWorker> worker(new LoadWorker(plan, index, std::move(*poller)));
  const LoadOptions& o = plan.options;
  for (unsigned i = index; i < o.connections; i += o.threads) {
    if (const auto opened = worker->open_session(); !opened) {
      return std::unexpected(opened.error());
    }
  }
  return worker;
}

LoadWorker::LoadWorker(LoadPlan& plan, unsigned index, Poller poller)
    : plan_(plan),
      index_(index),
      judge_(plan.keys, plan.versions, plan.complaints, tally_, latencies_),
      workload_(plan.options, plan.picker, plan.versions, seed_of(plan, index)),
      poller_(std::move(poller)) {
  if (plan.options.rate) gap_ns_ = 1e9 * plan.options.threads / *plan.options.rate;
}

Result<void> LoadWorker::open_session() {
  const LoadOptions& o = plan_.options;
  Session session;
  const auto gets = open_link(o.gets);
  if (!gets) return std::unexpected(gets.error());
  session.gets = session.sets = *gets;
  if (o.sets != o.gets && o.get_ratio < 1) {
    const auto sets = open_link(o.sets);
    if (!sets) return std::unexpected(sets.error());
    session.sets = *sets;
  }
  sessions_.push_back(session);
  return {};
}

/// For the session that is about to be added.
Result<std::size_t> LoadWorker::open_link(Transport transport) {
  const LoadOptions& o = plan_.options;
  Result<std::unique_ptr<Channel>> channel;
  if (transport == Transport::kUdp) {
    const std::uint32_t value_bytes = o.sets == Transport::kUdp ? o.value_bytes.high : 0;
    channel = UdpChannel::open(plan_.server, plan_.text, judge_,
                               {o.outstanding, o.multiget, value_bytes});
  } else {
    channel = TcpChannel::open(plan_.server, plan_.text, judge_, o.outstanding, o.multiget);
  }
  if (!channel) return std::unexpected(channel.error());
  const std::size_t index = links_.size();
  links_.push_back({std::move(*channel), sessions_.size()});
  if (const auto added = poller_.add(links_[index].channel->fd(), index); !added) {
    return std::unexpected(added.error());
  }
  return index;
}

Result<void> LoadWorker::run(const Schedule& schedule) {
  const double place = static_cast<double>(index_) / plan_.options.threads;
  due_ns_ = static_cast<double>(schedule.begin_ns) + place * gap_ns_;
  judge_.record_between(schedule.measure_from_ns, schedule.end_ns);
  for (Session& session : sessions_) mark_ready(session);

  for (std::uint64_t now = monotonic_ns(); now < schedule.end_ns && !plan_.stop;
       now = monotonic_ns()) {
    expire(now);
    gap_ns_ == 0 ? issue(now) : issue_due(now);
    if (const auto flushed = flush_ready(); !flushed) return flushed;
    if (const auto turned = turn(schedule.end_ns); !turned) return turned;
  }
  const auto ended_ns = static_cast<double>(std::min(monotonic_ns(), schedule.end_ns));
  if (gap_ns_ > 0 && due_ns_ < ended_ns) {
    unsent_ = static_cast<std::uint64_t>((ended_ns - due_ns_) / gap_ns_);
  }
  return drain();
}

/// Waits until something can be done, and takes in what has arrived.
Result<void> LoadWorker::turn(std::uint64_t until_ns) {
  const std::uint64_t now = monotonic_ns();
  std::uint64_t wake_ns = std::min({now + kLongestWaitNs, until_ns, next_expiry_ns_});
  // A request that is held back waits for an answer, any other one for the clock.
  if (gap_ns_ > 0 && !is_held_back_) {
    wake_ns = std::min(wake_ns, static_cast<std::uint64_t>(due_ns_));
  }
  const auto events = poller_.wait(wake_ns > now ? wake_ns - now : 0);
  if (!events) return std::unexpected(events.error());
  for (const epoll_event& event : *events) {
    if (const auto served = serve(links_[event.data.u64]); !served) return served;
  }
  return {};
}

Result<void> LoadWorker::serve(Link& link) {
  const auto ended = link.channel->receive();
  if (!ended) return mend(link, ended.error());
  Session& session = sessions_[link.session];
  session.in_flight -= *ended;
  if (*ended > 0 || link.waits_for_room) mark_ready(session);
  return {};
}

void LoadWorker::mark_ready(Session& session) {
  if (session.is_ready) return;
  session.is_ready = true;
  ready_.push_back(static_cast<std::size_t>(&session - sessions_.data()));
}

void LoadWorker::issue(std::uint64_t now) {
  for (const std::size_t index : ready_) {
    Session& session = sessions_[index];
    while (session.in_flight < plan_.options.outstanding) send_one(session, now, now);
  }
}

void LoadWorker::issue_due(std::uint64_t now) {
  std::size_t full = 0;
  while (due_ns_ <= static_cast<double>(now) && full < sessions_.size()) {
    Session& session = sessions_[next_session_];
    next_session_ = (next_session_ + 1) % sessions_.size();
    if (session.in_flight >= plan_.options.outstanding) {
      full++;
      continue;
    }
    full = 0;
    send_one(session, static_cast<std::uint64_t>(due_ns_), now);
    mark_ready(session);
    due_ns_ += gap_ns_;
  }
  is_held_back_ = full == sessions_.size();
}

void LoadWorker::send_one(Session& session, std::uint64_t intended_ns, std::uint64_t now) {
  const Request::Kind kind = workload_.next_kind();
  Channel& channel = *links_[kind == Request::Kind::kGet ? session.gets : session.sets].channel;
  Request& request = channel.begin();
  workload_.fill(kind, request);
  request.intended_ns = intended_ns;
  request.sent_ns = now;
  channel.submit(request);
  session.in_flight++;
}

Result<void> LoadWorker::flush_ready() {
  // Mending a link makes its session ready again, for the next round.
  flushing_.swap(ready_);
  for (const std::size_t index : flushing_) sessions_[index].is_ready = false;
  for (const std::size_t index : flushing_) {
    const Session& session = sessions_[index];
    if (const auto flushed = flush(links_[session.gets]); !flushed) return flushed;
    if (session.sets == session.gets) continue;
    if (const auto flushed = flush(links_[session.sets]); !flushed) return flushed;
  }
  flushing_.clear();
  return {};
}

Result<void> LoadWorker::flush(Link& link) {
  if (const auto flushed = link.channel->flush(); !flushed) return mend(link, flushed.error());
  if (link.channel->wants_to_write() == link.waits_for_room) return {};
  link.waits_for_room = !link.waits_for_room;
  const auto tag = static_cast<std::uint64_t>(&link - links_.data());
  return poller_.watch_room(link.channel->fd(), tag, link.waits_for_room);
}

/// A server that restarts is waited for, as its clients would.
Result<void> LoadWorker::mend(Link& link, const Error& error) {
  const std::uint64_t give_up_ns = monotonic_ns() + kReconnectNs;
  auto ended = link.channel->reconnect();
  while (!ended && monotonic_ns() < give_up_ns && !plan_.stop) {
    std::this_thread::sleep_for(kReconnectPause);
    ended = link.channel->reconnect();
  }
  if (!ended) return std::unexpected(error);
  Session& session = sessions_[link.session];
  session.in_flight -= *ended;
  link.waits_for_room = false;
  mark_ready(session);
  return poller_.add(link.channel->fd(), static_cast<std::uint64_t>(&link - links_.data()));
}

void LoadWorker::expire(std::uint64_t now) {
  if (now < next_expiry_ns_) return;
  const auto timeout = static_cast<std::uint64_t>(plan_.options.timeout.count());
  next_expiry_ns_ = now + timeout / 4;
  for (Link& link : links_) {
    const unsigned ended = link.channel->expire(now - timeout);
    if (ended == 0) continue;
    sessions_[link.session].in_flight -= ended;
    mark_ready(sessions_[link.session]);
  }
}

/// Answers that are still under way are judged, not measured.
Result<void> LoadWorker::drain() {
  const auto timeout = static_cast<std::uint64_t>(plan_.options.timeout.count());
  const std::uint64_t until_ns = monotonic_ns() + timeout;
  gap_ns_ = 0;
  while (in_flight() > 0 && monotonic_ns() < until_ns && !plan_.stop) {
    if (const auto flushed = flush_ready(); !flushed) return flushed;
    if (const auto turned = turn(until_ns); !turned) return turned;
  }
  return {};
}

std::uint64_t LoadWorker::in_flight() const noexcept {
  std::uint64_t sum = 0;
  for (const Session& session : sessions_) sum += session.in_flight;
  return sum;
}

}  // namespace bmc::bench
