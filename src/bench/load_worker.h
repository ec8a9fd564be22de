// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// One thread of a load: an epoll loop over its share of the connections.
// Closed loop: every connection keeps --outstanding requests in flight.
// Open loop: requests are due at fixed times; one that cannot be sent when it
// is due waits, and its latency counts from when it was due (so a stall of the
// server cannot hide the requests that it held up).
#pragma once

#include <memory>
#include <vector>

#include "bench/channel.h"
#include "bench/load_plan.h"
#include "bench/poller.h"
#include "bench/workload.h"

namespace bmc::bench {

/// Absolute times of a run, CLOCK_MONOTONIC.
struct Schedule {
  std::uint64_t begin_ns = 0;
  std::uint64_t measure_from_ns = 0;
  std::uint64_t end_ns = 0;
};

class LoadWorker {
 public:
  /// Opens thread @index's share of the plan's connections.
  [[nodiscard]] static Result<std::unique_ptr<LoadWorker>> make(LoadPlan& plan, unsigned index);

  /// Until the schedule's end, or the plan's stop.
  Result<void> run(const Schedule& schedule);

  const Tally& tally() const noexcept { return tally_; }
  const Latencies& latencies() const noexcept { return latencies_; }
  /// Requests of an open loop that were due and never sent.
  std::uint64_t unsent() const noexcept { return unsent_; }

 private:
  /// What --connections counts: gets on one channel, sets on the same or another.
  struct Session {
    std::size_t gets = 0;  // index of links_
    std::size_t sets = 0;
    unsigned in_flight = 0;
    bool is_ready = false;  // listed in ready_
  };
  struct Link {
    std::unique_ptr<Channel> channel;
    std::size_t session;
    bool waits_for_room = false;
  };

  LoadWorker(LoadPlan& plan, unsigned index, Poller poller);
  Result<void> open_session();
  Result<std::size_t> open_link(Transport transport);

  Result<void> turn(std::uint64_t until_ns);
  Result<void> serve(Link& link);
  void issue(std::uint64_t now);
  void issue_due(std::uint64_t now);
  void send_one(Session& session, std::uint64_t intended_ns, std::uint64_t now);
  Result<void> flush_ready();
  Result<void> flush(Link& link);
  Result<void> mend(Link& link, const Error& error);
  void expire(std::uint64_t now);
  Result<void> drain();
  void mark_ready(Session& session);
  std::uint64_t in_flight() const noexcept;

  LoadPlan& plan_;
  unsigned index_;
  Tally tally_;
  Latencies latencies_;
  Judge judge_;
  Workload workload_;
  Poller poller_;

  std::vector<Link> links_;
  std::vector<Session> sessions_;
  std::vector<std::size_t> ready_;  // sessions that may issue or have something queued
  std::vector<std::size_t> flushing_;
  std::size_t next_session_ = 0;  // of an open loop, in turn

  double gap_ns_ = 0;          // between two requests of an open loop; 0 in a closed one
  bool is_held_back_ = false;  // a request is due, and every session has all under way that it may
  double due_ns_ = 0;
  std::uint64_t next_expiry_ns_ = 0;
  std::uint64_t unsent_ = 0;
};

}  // namespace bmc::bench
