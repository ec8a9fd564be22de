// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "check/lifetimes.h"

#include <algorithm>
#include <map>
#include <optional>

#include "history/value.h"

namespace bmc::lin {
namespace {

/// A state of a value: how far it is from its put, and its writes (of a number only the put).
struct State {
  std::uint64_t progress = 0;
  std::vector<WriteId> parts;
  auto operator<=>(const State&) const = default;
};

struct Sightings {
  std::vector<std::size_t> writers;  ///< that certainly made this state, as they say themselves
  std::vector<std::size_t> reads;
};

using States = std::map<State, Sightings>;

class Sorter {
 public:
  Sorter(const History& history, std::uint32_t key, const KeyHistory& of_key)
      : history_(history), key_(key), of_key_(of_key) {}

  Lifetimes sort(const std::vector<std::size_t>& removes_of_all) && {
    for (const std::size_t put : of_key_.puts) by_put_[put];
    for (const std::size_t count : of_key_.counts) add_count(count);
    for (const std::size_t read : of_key_.reads) add_read(read);
    for (const auto& [put, states] : by_put_) close(put, states);
    for (const std::size_t extend : of_key_.extends) {
      if (!seen_in_.contains(extend)) found_.clusters.push_back(single(history_, extend));
    }
    for (const auto* removes : {&of_key_.removes, &removes_of_all}) {
      for (const std::size_t remove : *removes) found_.clusters.push_back(single(history_, remove));
    }
    return std::move(found_);
  }

 private:
  const Op& op(std::size_t index) const { return history_.ops[index]; }
  bool is_counter() const { return key_ >= history_.counters_from; }

  void accuse(Fault fault, std::vector<std::size_t> ops) {
    std::sort(ops.begin(), ops.end());
    ops.erase(std::unique(ops.begin(), ops.end()), ops.end());
    found_.violations.push_back({fault, key_, std::move(ops)});
  }

  std::optional<std::size_t> writer_of(WriteId id) const {
    const auto write = of_key_.writes.find(id);
    if (write == of_key_.writes.end()) return std::nullopt;
    return write->second;
  }

  State state_of(const Op& seen) const {
    if (is_counter()) {
      return {.progress = counter_steps(seen.number), .parts = {counter_put(seen.number)}};
    }
    const auto from = history_.parts.begin() + seen.parts;
    return {.progress = seen.part_count, .parts = {from, from + seen.part_count}};
  }

  void add_count(std::size_t count) {
    State state = state_of(op(count));
    const auto put = writer_of(state.parts.front());
    if (!put) return accuse(Fault::kUnknown, {count});
    auto& writers = by_put_[*put][std::move(state)].writers;
    writers.push_back(count);
    if (writers.size() == 2) accuse(Fault::kDiverged, writers);
  }

  void add_read(std::size_t read) {
    if (op(read).garbled) return accuse(Fault::kGarbled, {read});
    State state = state_of(op(read));
    for (const WriteId part : state.parts) {
      const auto write = writer_of(part);
      if (!write) return accuse(Fault::kUnknown, {read});
      if (op(*write).outcome == Outcome::kRefused) return accuse(Fault::kRefused, {*write, read});
      if (op(*write).invoked > op(read).answered) return accuse(Fault::kFuture, {*write, read});
    }
    const std::size_t put = *writer_of(state.parts.front());
    if (is_counter() && state.progress > 0 && !is_counted(put, state, read)) {
      return accuse(Fault::kUnknown, {read});
    }
    found_.puts_of_reads.emplace_back(read, put);
    by_put_[put][std::move(state)].reads.push_back(read);
  }

  /// Whether somebody may have counted to the number that was read.
  bool is_counted(std::size_t put, const State& state, std::size_t read) {
    const auto before = [&](std::size_t count) { return op(count).invoked <= op(read).answered; };
    const States& states = by_put_[put];
    const auto known = states.find(state);
    return (known != states.end() && std::ranges::any_of(known->second.writers, before)) ||
           (!of_key_.unknown_counts.empty() && before(of_key_.unknown_counts.front()));
  }

  /// The appends and prepends that a state has and the one before it has not.
  std::vector<std::size_t> news(const State& before, const State& state) {
    std::vector<std::size_t> added;
    for (std::size_t i = 1; i < state.parts.size(); i++) {
      if (std::ranges::find(before.parts, state.parts[i]) == before.parts.end()) {
        added.push_back(*writer_of(state.parts[i]));
      }
    }
    return added;
  }

  static bool comes_from(const State& state, const State& before, std::size_t added) {
    return before.parts.empty() ||
           (state.progress > before.progress && state.parts.size() - added == before.parts.size());
  }

  /// Checks the states in the order in which they must have followed each other: whatever made
  /// or saw one was not over before anything that made or saw an earlier one had begun.
  void close(std::size_t put, const States& states) {
    Cluster all = single(history_, put);
    Cluster earlier = all;  // up to the state before
    const State* before = nullptr;
    std::size_t seen_before = put;
    for (const auto& [state, sightings] : states) {
      std::vector<std::size_t> writers = sightings.writers;
      if (!is_counter()) writers = news(before ? *before : State{}, state);
      if (before && !comes_from(state, *before, is_counter() ? 0 : writers.size())) {
        accuse(Fault::kDiverged, {put, seen_before, sightings.reads.front()});
      }
      for (const std::size_t writer : writers) note_extend(writer, put, sightings);
      follow(writers, sightings, earlier, all);
      follow(sightings.reads, sightings, earlier, all);
      before = &state;
      seen_before = sightings.reads.empty() ? writers.front() : sightings.reads.front();
    }
    found_.clusters.push_back(all);
  }

  void follow(const std::vector<std::size_t>& ops, const Sightings& sightings, Cluster& earlier,
              Cluster& all) {
    std::vector<Member> members;
    for (const std::size_t index : ops) {
      const bool speaks_for_itself = is_counter() || op(index).effect == Effect::kRead;
      members.push_back({index, speaks_for_itself ? index : sightings.reads.front()});
    }
    for (const Member& member : members) {
      const Member& late = earlier.last_invoked;
      if (op(member.op).answered < earlier.last_invocation) {
        accuse(Fault::kStale, {all.writer, member.op, member.evidence, late.op, late.evidence});
      }
      all.add(history_, member);
    }
    for (const Member& member : members) earlier.add(history_, member);
  }

  void note_extend(std::size_t writer, std::size_t put, const Sightings& sightings) {
    if (is_counter()) return;
    const std::size_t read = sightings.reads.front();
    const auto [first, is_new] = seen_in_.emplace(writer, Member{put, read});
    const Member& other = first->second;
    if (!is_new && other.op != put) {
      accuse(Fault::kDiverged, {writer, put, read, other.op, other.evidence});
    }
  }

  const History& history_;
  const std::uint32_t key_;
  const KeyHistory& of_key_;
  std::map<std::size_t, States> by_put_;
  std::map<std::size_t, Member> seen_in_;  ///< extends that were read: in which put's value
  Lifetimes found_;
};

}  // namespace

Lifetimes sort_out(const History& history, std::uint32_t key, const KeyHistory& of_key,
                   const std::vector<std::size_t>& removes_of_all) {
  return Sorter(history, key, of_key).sort(removes_of_all);
}

}  // namespace bmc::lin
