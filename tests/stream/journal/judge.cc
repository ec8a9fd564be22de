// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "journal/judge.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "model/author.h"
#include "model/comparison.h"

namespace bmc::stream {
namespace {

constexpr std::size_t kMostFindings = 5;   // of one connection: what follows is their echo
constexpr std::size_t kLookAround = 1000;  // requests, for one that was doubled or is missing

/// Goes through one connection's bytes and requests side by side.
///
/// At each place the next request is taken that stands there; servable ones that do not are absent.
/// That is exact: a request is never the beginning of another one, so if any choice of absent
/// requests explains the bytes, this one does.
class Walk {
 public:
  Walk(const Sent& sent, std::string_view bytes, Judgement& judgement)
      : sent_(sent), bytes_(bytes), judgement_(judgement) {}

  void go() {
    while (at_ < bytes_.size() && findings_ < kMostFindings) {
      const std::size_t found = find_next(at_, next_);
      if (found < sent_.requests.size()) {
        judgement_.absent += found - next_;
        take(found);
      } else if (!explain()) {
        return;
      }
    }
    if (findings_ < kMostFindings) finish();
  }

 private:
  bool stands_at(std::size_t at, const Entry& entry) const {
    const std::string_view rest = bytes_.substr(at);
    return rest.size() >= entry.bytes && rest.starts_with(entry.head) &&
           hash_of(rest.substr(0, entry.bytes)) == entry.hash;
  }

  /// From @next on the first request that stands at @at, if only servable ones are before it.
  std::size_t find_next(std::size_t at, std::size_t next) const {
    for (std::size_t i = next; i < sent_.requests.size(); i++) {
      if (stands_at(at, sent_.requests[i])) return i;
      if (!sent_.requests[i].is_servable) break;
    }
    return sent_.requests.size();
  }

  /// The next one that had to be read.
  std::size_t due() const {
    std::size_t i = next_;
    while (i < sent_.requests.size() && sent_.requests[i].is_servable) i++;
    return i;
  }

  void take(std::size_t found) {
    at_ += sent_.requests[found].bytes;
    next_ = found + 1;
  }

  /// What is wrong here, and where to go on; false: nowhere. Requests are alike, so that what
  /// stands here may have an earlier and a later one: better is the one behind which all is well.
  bool explain() {
    const std::size_t earlier = find_earlier(), later = find_later();
    const bool is_twice = earlier < sent_.requests.size();
    const bool is_missing = later < sent_.requests.size();
    if (is_twice && (!is_missing || goes_on(sent_.requests[earlier].bytes, next_) ||
                     !goes_on(sent_.requests[later].bytes, later + 1))) {
      report(Fault::kTwice);
      at_ += sent_.requests[earlier].bytes;
      return true;
    }
    if (is_missing) {
      report(Fault::kMissing);
      take(later);
      return true;
    }
    if (!is_cut_off()) {
      report(Fault::kDamaged);
    } else if (sent_.ending == Ending::kAllAnswered) {
      report(Fault::kCutOff);
    }
    return false;
  }

  /// A request that was here before and stands here again.
  std::size_t find_earlier() const {
    for (std::size_t back = 1; back <= std::min(next_, kLookAround); back++) {
      if (stands_at(at_, sent_.requests[next_ - back])) return next_ - back;
    }
    return sent_.requests.size();
  }

  /// One that stands here but is not due yet.
  std::size_t find_later() const {
    const std::size_t first = due(), end = std::min(sent_.requests.size(), first + kLookAround);
    for (std::size_t i = first; i < end; i++) {
      if (stands_at(at_, sent_.requests[i])) return i;
    }
    return sent_.requests.size();
  }

  /// Whether, so many bytes from here, a request stands that may come when @next is next.
  bool goes_on(std::size_t bytes, std::size_t next) const {
    return at_ + bytes == bytes_.size() || find_next(at_ + bytes, next) < sent_.requests.size();
  }

  /// Whether the rest is the beginning of a request that may stand here. Of a long one only the
  /// head is known.
  bool is_cut_off() const {
    const std::string_view rest = bytes_.substr(at_);
    for (std::size_t i = next_, last = due(); i <= last && i < sent_.requests.size(); i++) {
      const Entry& entry = sent_.requests[i];
      const std::size_t length = std::min(rest.size(), entry.head.size());
      if (rest.size() < entry.bytes && rest.substr(0, length) == entry.head.substr(0, length)) {
        return true;
      }
    }
    return false;
  }

  /// Nothing more was read.
  void finish() {
    if (sent_.ending != Ending::kAllAnswered) return;  // the client tells itself what went wrong
    if (due() < sent_.requests.size()) return report(Fault::kMissing);
    judgement_.absent += sent_.requests.size() - next_;
  }

  void report(Fault fault) {
    findings_++;
    const std::size_t due_now = due();
    judgement_.findings.push_back({.fault = fault,
                                   .local_port = sent_.local_port,
                                   .connection = excerpt(sent_.requests.front().head),
                                   .request = due_now,
                                   .offset = at_,
                                   .due = due_now < sent_.requests.size()
                                              ? excerpt(sent_.requests[due_now].head)
                                              : "(nothing)",
                                   .read = excerpt(bytes_.substr(at_))});
  }

  const Sent& sent_;
  std::string_view bytes_;
  Judgement& judgement_;
  std::size_t at_ = 0, next_ = 0;
  std::size_t findings_ = 0;
};

std::string_view first_line(std::string_view bytes) {
  return bytes.substr(0, std::min(bytes.find('\n'), bytes.size() - 1) + 1);
}

}  // namespace

std::string_view name_of(Fault fault) {
  constexpr std::array<std::string_view, 6> kNames = {"missing", "executed twice", "damaged",
                                                      "cut off", "no stream",      "stranger"};
  return kNames[static_cast<std::size_t>(fault)];
}

Judgement judge(const std::vector<Sent>& sent, const std::vector<std::string>& received) {
  Judgement judgement;
  std::set<std::string_view> known;  // their first requests
  for (const Sent& one : sent) {
    if (!one.requests.empty()) known.insert(one.requests.front().head);
  }
  std::map<std::string_view, std::string_view> streams;  // by their first request
  for (const std::string& bytes : received) {
    if (!bytes.starts_with(kHelloStart)) continue;
    judgement.bytes += bytes.size();
    const std::string_view hello = first_line(bytes);
    if (!hello.ends_with('\n')) continue;  // if its client was answered, this one is missed below
    if (!known.contains(hello) || !streams.emplace(hello, bytes).second) {
      judgement.findings.push_back({.fault = Fault::kStranger, .connection = excerpt(hello)});
    }
  }
  for (const Sent& one : sent) {
    if (one.requests.empty()) continue;
    judgement.connections++;
    judgement.requests += one.requests.size();
    judgement.servable +=
        static_cast<std::uint64_t>(std::ranges::count_if(one.requests, &Entry::is_servable));
    const auto stream = streams.find(one.requests.front().head);
    if (stream != streams.end()) {
      Walk(one, stream->second, judgement).go();
    } else if (one.ending == Ending::kAllAnswered) {
      judgement.findings.push_back({.fault = Fault::kNoStream,
                                    .local_port = one.local_port,
                                    .connection = excerpt(one.requests.front().head)});
    }
  }
  return judgement;
}

}  // namespace bmc::stream
