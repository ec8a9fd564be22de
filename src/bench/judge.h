// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Judges every answer against the request it answers: right key, flags, length,
// bytes and age. Counts what was right and what was wrong, records latencies,
// and keeps a description of the first few wrong replies.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "bench/histogram.h"
#include "bench/key_space.h"
#include "bench/reply_parser.h"
#include "bench/request.h"
#include "bench/tally.h"
#include "bench/value.h"
#include "bench/versions.h"

namespace bmc::bench {

/// The first few wrong replies of a run, in words. Shared by its threads.
class Complaints {
 public:
  static constexpr std::size_t kKept = 8;

  void add(Fault fault, const std::string& about);
  std::vector<std::string> texts() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> texts_;
};

struct Latencies {
  Histogram gets;
  Histogram sets;
};

/// One per thread; the tables it judges by are shared.
class Judge {
 public:
  enum class Verdict {
    kMore,    ///< the request has more to come
    kDone,    ///< the request is answered
    kBroken,  ///< so is the stream: what follows cannot be attributed
  };

  Judge(const KeySpace& keys, VersionTable& versions, Complaints& complaints, Tally& tally,
        Latencies& latencies);

  /// Latencies of answers outside of [from, to) are not recorded.
  void record_between(std::uint64_t from_ns, std::uint64_t to_ns) noexcept {
    from_ns_ = from_ns;
    to_ns_ = to_ns;
  }

  /// The time at which the answers judged from here on were received.
  void received_at(std::uint64_t now_ns) noexcept { now_ns_ = now_ns; }

  /// @reply is the next unit that answers @request.
  Verdict judge(Request& request, const Reply& reply);

  /// A set without an answer was executed, since the answer of a later request came.
  void executed(Request& request) { finish(request); }

  /// The stream does not parse, or answers nothing that was asked.
  void malformed(const std::string& about) { blame(Fault::malformed, about); }

  /// The request will not be answered: its connection broke.
  void cut_off() { tally_.add(Counter::errors); }

  Tally& tally() noexcept { return tally_; }

 private:
  Verdict judge_get(Request& request, const Reply& reply);
  Verdict judge_set(Request& request, const Reply& reply);
  Verdict unexpected(const Request& request, const Reply& reply);
  void judge_value(Request& request, const Reply& reply);
  void judge_stamp(const Request& request, const Read& read, const ValueStamp& stamp);
  void finish(Request& request);
  void blame(Fault fault, const std::string& about);

  const KeySpace& keys_;
  VersionTable& versions_;
  Complaints& complaints_;
  Tally& tally_;
  Latencies& latencies_;
  std::uint64_t now_ns_ = 0;
  std::uint64_t from_ns_ = 0;
  std::uint64_t to_ns_ = 0;
  std::int64_t unix_minus_monotonic_ns_;
};

}  // namespace bmc::bench
