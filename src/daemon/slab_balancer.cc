// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "daemon/slab_balancer.h"

#include <algorithm>
#include <cerrno>

#include "bpf/calls.h"

namespace bmc {
namespace {

constexpr unsigned kMovesInStep = 16;

#define X(index, bytes, blocks) std::uint32_t{blocks},
constexpr std::array kBlocksInSlab{BMC_SIZE_CLASSES(X)};
#undef X

std::uint64_t free_slabs(const ClassLoad& load) {
  const std::uint64_t blocks = std::uint64_t{load.slabs} * load.blocks_in_slab;
  return blocks > load.used_blocks ? (blocks - load.used_blocks) / load.blocks_in_slab : 0;
}

/// Without division: a.pressure / a.slabs < b.pressure / b.slabs / 2.
bool has_less_than_half(const ClassLoad& a, const ClassLoad& b) {
  return 2 * a.pressure * b.slabs < b.pressure * a.slabs;
}

bool presses_less(const ClassLoad& a, const ClassLoad& b) {
  return a.pressure * b.slabs < b.pressure * a.slabs;
}

}  // namespace

std::optional<SlabMove> plan_slab_move(const ClassLoads& loads) {
  const auto needy = std::max_element(loads.begin(), loads.end(),
                                      [](auto& a, auto& b) { return a.pressure < b.pressure; });
  if (needy->pressure == 0) return std::nullopt;
  const ClassLoad* giver = nullptr;
  for (const ClassLoad& load : loads) {
    if (&load == needy || free_slabs(load) == 0) continue;
    if (giver == nullptr || free_slabs(load) > free_slabs(*giver)) giver = &load;
  }
  for (const ClassLoad& load : loads) {
    if (giver != nullptr && free_slabs(*giver) > 0) break;
    if (&load == needy || load.slabs < 2) continue;
    if (needy->slabs > 0 && !has_less_than_half(load, *needy)) continue;
    if (giver == nullptr || presses_less(load, *giver)) giver = &load;
  }
  if (giver == nullptr) return std::nullopt;
  return SlabMove{static_cast<std::uint32_t>(giver - loads.data()),
                  static_cast<std::uint32_t>(needy - loads.begin())};
}

ClassLoads SlabBalancer::look() {
  ClassLoads loads;
  const auto classes = kernel_.classes();
  for (std::size_t i = 0; i < loads.size(); i++) {
    const std::uint64_t counted = classes[i].evictions + classes[i].failures;
    loads[i] = {classes[i].slabs, kBlocksInSlab[i], classes[i].used_blocks, counted - counted_[i]};
    counted_[i] = counted;
  }
  return loads;
}

/// And was a step ago, so that nobody is still handing out the last slab.
bool SlabBalancer::is_memory_given_out() {
  const bool is_given_out = atomic(kernel_.state().slabs_used).load() >= kernel_.config().slabs;
  return std::exchange(was_given_out_, is_given_out) && is_given_out;
}

Result<void> SlabBalancer::step() {
  const ClassLoads loads = look();
  if (!is_memory_given_out()) return {};
  const auto plan = plan_slab_move(loads);
  for (unsigned moves = 0; moves < kMovesInStep; moves++) {
    if (!pending_) {
      if (!plan || kernel_.classes()[plan->from].slabs < 2) return {};
      const std::uint32_t slabs = kernel_.classes()[plan->from].slabs;
      pending_ = bmc_move{plan->from, plan->to, position_++ % slabs, 0};
    }
    if (auto moved = move_slab(kernel_, *pending_); !moved) return moved;
    if (pending_->result == -EAGAIN) return {};
    pending_.reset();
  }
  return {};
}

}  // namespace bmc
