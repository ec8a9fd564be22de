// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Replies in sends of any length, behind a batch of commands: the batch is over
// only when as many lines have gone out as it has commands, or MN; and a value is
// published only by one whole STORED or HD. A send that is all of the right
// replies ends the batch.
//
// Input: number of commands, one byte for each, number of sends, one byte for
// the length of each, then what is sent.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "host/follow.h"
#include "host/serve.h"

namespace {

using namespace bmc::host;

enum class Answer { kLine, kQuiet, kMn, kOther };

struct Command {
  const char* text;
  const char* reply;  // when it goes well
  Answer answer;
};

constexpr Command kCommands[] = {
    {"set k 0 0 3\r\nnew\r\n", "STORED\r\n", Answer::kLine},
    {"ms k 3\r\nnew\r\n", "HD\r\n", Answer::kLine},
    {"cas k 0 0 1 1\r\nx\r\n", "EXISTS\r\n", Answer::kLine},
    {"delete k\r\n", "DELETED\r\n", Answer::kLine},
    {"touch k 0\r\n", "NOT_FOUND\r\n", Answer::kLine},
    {"incr k 1\r\n", "17\r\n", Answer::kLine},
    {"md k\r\n", "NF\r\n", Answer::kLine},
    {"delete k noreply\r\n", "", Answer::kQuiet},
    {"md k q\r\n", "", Answer::kQuiet},
    {"mn\r\n", "MN\r\n", Answer::kMn},
    {"get k\r\n", "END\r\n", Answer::kOther},
};

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

/// Bytes that steer, from the front of the input; 0 when there are no more.
class Steering {
 public:
  explicit Steering(std::string_view input) : left_(input) {}

  std::uint8_t next() {
    if (left_.empty()) return 0;
    const auto byte = static_cast<std::uint8_t>(left_.front());
    left_.remove_prefix(1);
    return byte;
  }
  std::string_view rest() const { return left_; }

 private:
  std::string_view left_;
};

struct Batch {
  std::size_t commands = 0, lines = 0;
  bool has_quiet = false, ends_in_mn = false, is_opaque = false;
  std::string text, right_reply;

  void add(const Command& command) {
    is_opaque = is_opaque || ends_in_mn || command.answer == Answer::kOther;
    ends_in_mn = command.answer == Answer::kMn;
    // mn says something about what is before it only.
    if (ends_in_mn && commands == 0) is_opaque = true;
    has_quiet = has_quiet || command.answer == Answer::kQuiet;
    lines += command.answer == Answer::kLine;
    commands++;
    text += command.text;
    right_reply += command.reply;
  }
};

bool is_open() {
  return host_state()->global_opens > 0 || host_bucket(bucket_of("k"))->opens > 0;
}

/// Could these bytes, all that was sent so far, end the batch?
bool may_end(const Batch& batch, const std::string& sent, std::size_t first_send) {
  if (batch.is_opaque) return false;
  if (batch.ends_in_mn) return sent.find("MN\r\n") != std::string::npos;
  if (batch.has_quiet) return false;
  const auto lines = static_cast<std::size_t>(std::ranges::count(sent, '\n'));
  return lines >= batch.lines || (batch.commands == 1 && first_send > 0);
}

void judge(const Batch& batch, const std::string& sent, bool was_whole, bool writes,
           std::size_t first_send) {
  require(!writes || is_open() || may_end(batch, sent, first_send), "a batch is over too soon");
  const bmc_block* block = host_cached(hash_for_following("k"));
  if (!writes || !block) return;
  require(batch.commands == 1 && was_whole, "published out of a batch");
  require(sent == "STORED\r\n" || (sent.starts_with("HD") && sent.ends_with("\n")),
          "published by another reply");
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  load_for_following({});
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Steering input(std::string_view(reinterpret_cast<const char*>(data), size));
  Batch batch;
  for (int commands = 1 + input.next() % 4; commands > 0; commands--) {
    batch.add(kCommands[input.next() % std::size(kCommands)]);
  }
  std::vector<std::size_t> lengths(input.next() % 8);
  for (std::size_t& length : lengths) length = 1 + input.next();
  // An empty rest stands for the right replies.
  const std::string bytes(input.rest().empty() ? std::string_view(batch.right_reply)
                                               : input.rest());
  if (bytes.size() > 4000) return 0;

  fill_for_following({"k"});
  Connection connection;
  connection.received(batch.text, 16384);
  const bool writes = is_open();
  std::string sent;
  std::size_t first_send = 0;
  for (std::size_t i = 0; sent.size() < bytes.size(); i++) {
    const std::string piece =
        bytes.substr(sent.size(), i < lengths.size() ? lengths[i] : std::string::npos);
    sent += piece;
    connection.sent(piece);
    if (i == 0) first_send = piece.size();
    judge(batch, sent, i == 0, writes, first_send);
  }
  const bool is_right = sent == batch.right_reply && lengths.empty() && !batch.is_opaque &&
                        (!batch.has_quiet || batch.ends_in_mn);
  require(!is_right || !is_open(), "the right replies do not end a batch");
  return 0;
}
