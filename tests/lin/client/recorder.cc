// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "client/recorder.h"

#include <algorithm>

#include "client/base64.h"
#include "client/commands.h"
#include "history/value.h"

namespace bmc::lin {
namespace {

/// What a status says about the operation itself.
Outcome outcome_of(const Request& request, Status status) {
  switch (status) {
    case Status::kDone: return Outcome::kDone;
    // Deleting what is not there leaves it absent: as good as done.
    case Status::kAbsent:
      return request.op.effect == Effect::kRemove ? Outcome::kDone : Outcome::kRefused;
    case Status::kRefused: return Outcome::kRefused;
    case Status::kTooLarge: return Outcome::kDone;
    case Status::kSilent: return request.has_messages ? Outcome::kUnknown : request.if_silent;
    case Status::kFailed:
    case Status::kGarbled: break;
  }
  return Outcome::kUnknown;
}

Op miss_of(std::uint32_t key) {
  Op op;
  op.key = key;
  op.effect = Effect::kMiss;
  op.outcome = Outcome::kDone;
  return op;
}

/// The key of a value that came back; keys.count() if it was not asked for. A key
/// stored with the b flag comes back from mg as it was stored, in base64.
std::uint32_t key_of(const Request& request, const SeenValue& seen, const Keys& keys) {
  const std::uint32_t first = request.reads.front();
  if (seen.key.empty() || seen.key == encode_base64(keys.name(first))) return first;
  const std::uint32_t key = keys.index_of(seen.key);
  const bool asked =
      std::find(request.reads.begin(), request.reads.end(), key) != request.reads.end();
  return asked ? key : keys.count();
}

}  // namespace

void Recorder::add(Op op, Nanoseconds invoked, Nanoseconds answered, std::uint8_t command) {
  op.invoked = invoked;
  op.answered = answered;
  op.client = author_.writer();
  op.command = command;
  history_.ops.push_back(op);
}

void Recorder::answered(const Request& request, const Reply& reply, Nanoseconds invoked,
                        Nanoseconds answered, std::uint8_t command) {
  if (request.op.effect != Effect::kNone) {
    record_effect(request, reply, invoked, answered, command);
  }
  if (!request.reads.empty()) record_reads(request, reply, invoked, answered, command);
}

void Recorder::unanswered(const Request& request, Nanoseconds invoked, Nanoseconds answered,
                          std::uint8_t command) {
  Op op = request.op;
  if (op.effect == Effect::kNone) return;
  op.outcome = answered == kNever ? Outcome::kUnknown : request.if_silent;
  add(op, invoked, answered, command);
}

void Recorder::record_effect(const Request& request, const Reply& reply, Nanoseconds invoked,
                             Nanoseconds answered, std::uint8_t command) {
  Op op = request.op;
  op.outcome = outcome_of(request, reply.status);
  if (reply.status == Status::kTooLarge) op.effect = Effect::kRemove;
  if (op.effect == Effect::kCount && op.outcome == Outcome::kDone) {
    if (reply.number) {
      op.number = *reply.number;
    } else {
      op.outcome = Outcome::kUnknown;
    }
  }
  add(op, invoked, answered, command);

  const bool absent = reply.status == Status::kAbsent ||
                      (reply.status == Status::kRefused && request.refusal_is_absence);
  if (absent) add(miss_of(op.key), invoked, answered, command);
  if (request.has_expected && reply.status == Status::kDone) {
    // A store that compared its CAS unique is a read of what it replaced.
    Op read = op_on_read(op.key);
    read.parts = static_cast<std::uint32_t>(history_.parts.size());
    read.part_count = static_cast<std::uint32_t>(request.expected_parts.size());
    read.number = request.expected_number;
    read.unique_seen = request.expected_since;
    history_.parts.insert(history_.parts.end(), request.expected_parts.begin(),
                          request.expected_parts.end());
    add(read, invoked, answered, command);
  }
}

Op Recorder::read_of(std::uint32_t key, const SeenValue& seen, Nanoseconds invoked) {
  Op op = op_on_read(key);
  if (key >= author_.keys().first_counter()) {
    op.garbled = !parse_number(seen.data, op.number) || seen.flags.value_or(0) != 0;
  } else {
    const std::vector<WriteId> parts = parse_value(seen.data);
    op.garbled =
        parts.empty() || (seen.flags && *seen.flags != flags_of(parts.front()));
    op.parts = static_cast<std::uint32_t>(history_.parts.size());
    op.part_count = static_cast<std::uint32_t>(parts.size());
    history_.parts.insert(history_.parts.end(), parts.begin(), parts.end());
  }
  if (seen.cas && !op.garbled) {
    author_.seen[key] = {.at = invoked,
                         .cas = *seen.cas,
                         .parts = {history_.parts.end() - op.part_count, history_.parts.end()},
                         .number = op.number};
  }
  return op;
}

void Recorder::record_reads(const Request& request, const Reply& reply, Nanoseconds invoked,
                            Nanoseconds answered, std::uint8_t command) {
  if (reply.status == Status::kFailed || reply.status == Status::kRefused) return;
  if (reply.status == Status::kGarbled) {
    Op wrong = op_on_read(request.reads.front());
    wrong.garbled = true;
    return add(wrong, invoked, answered, command);
  }
  std::vector<std::uint32_t> found;
  for (const SeenValue& seen : reply.values) {
    const std::uint32_t key = key_of(request, seen, author_.keys());
    if (key == author_.keys().count()) {
      Op wrong = op_on_read(request.reads.front());
      wrong.garbled = true;
      add(wrong, invoked, answered, command);
      continue;
    }
    found.push_back(key);
    add(read_of(key, seen, invoked), invoked, answered, command);
  }
  for (const std::uint32_t key : request.reads) {
    if (!request.has_messages && std::find(found.begin(), found.end(), key) == found.end()) {
      add(miss_of(key), invoked, answered, command);
      found.push_back(key);
    }
  }
}

}  // namespace bmc::lin
