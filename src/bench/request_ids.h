// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The 16-bit request ids of one UDP socket. An id leads to the slot of its
// request by its low bits; ids are used in turn, so that a late answer to a
// request that was given up finds either nobody or, after all others were used,
// its id reserved: an abandoned id rests for one to two calls of age().
#pragma once

#include <bit>
#include <bitset>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace bmc::bench {

class RequestIds {
 public:
  static constexpr unsigned kMaxOutstanding = 16384;

  explicit RequestIds(unsigned outstanding)
      : holder_(std::bit_ceil(2 * outstanding), kNobody),
        recent_(std::make_unique<Resting>()),
        older_(std::make_unique<Resting>()) {}

  std::size_t slots() const noexcept { return holder_.size(); }
  std::size_t slot_of(std::uint16_t id) const noexcept { return id & (holder_.size() - 1); }

  /// A free id; at most @outstanding may be held.
  std::uint16_t acquire() noexcept {
    while (holder_[slot_of(next_)] != kNobody || recent_->test(next_) || older_->test(next_)) {
      next_++;
    }
    holder_[slot_of(next_)] = next_;
    return next_++;
  }

  /// The id that holds @slot.
  std::uint16_t id_of(std::size_t slot) const noexcept {
    return static_cast<std::uint16_t>(holder_[slot]);
  }
  bool is_held(std::size_t slot) const noexcept { return holder_[slot] != kNobody; }

  /// Whether @id is held now: only then does an answer belong to its slot's request.
  bool holds(std::uint16_t id) const noexcept { return holder_[slot_of(id)] == id; }

  void release(std::uint16_t id) noexcept { holder_[slot_of(id)] = kNobody; }

  /// Gives the id up while its answer may still come.
  void abandon(std::uint16_t id) noexcept {
    release(id);
    if (++resting_ > kMaxResting) age();
    recent_->set(id);
  }

  void age() noexcept {
    std::swap(recent_, older_);
    recent_->reset();
    resting_ = 0;
  }

 private:
  using Resting = std::bitset<65536>;
  static constexpr std::int32_t kNobody = -1;
  static constexpr unsigned kMaxResting = 8192;  // of each generation: acquire() always ends

  std::vector<std::int32_t> holder_;
  std::unique_ptr<Resting> recent_;
  std::unique_ptr<Resting> older_;
  unsigned resting_ = 0;
  std::uint16_t next_ = 0;
};

}  // namespace bmc::bench
