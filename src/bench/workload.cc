// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/workload.h"

namespace bmc::bench {

Request::Kind Workload::next_kind() noexcept {
  if (options_.get_ratio >= 1) return Request::Kind::kGet;
  const double draw = static_cast<double>(random_.next() >> 11) * 0x1p-53;
  return draw < options_.get_ratio ? Request::Kind::kGet : Request::Kind::kSet;
}

void Workload::fill(Request::Kind kind, Request& request) noexcept {
  if (kind == Request::Kind::kSet) {
    fill_set(picker_.pick(random_), request);
    return;
  }
  request.kind = kind;
  request.quiet = false;
  request.reads = static_cast<std::uint16_t>(options_.multiget);
  request.matched = 0;
  request.hits = 0;
  for (unsigned i = 0; i < options_.multiget; i++) {
    const std::uint32_t key = picker_.pick(random_);
    request.read[i] = {key, versions_.floor(key)};
  }
}

void Workload::fill_set(std::uint32_t key, Request& request) noexcept {
  request.kind = Request::Kind::kSet;
  request.quiet = options_.noreply;
  request.reads = 1;
  request.read[0] = {key, 0};
  request.write = versions_.begin_write(key);
  request.value_bytes = options_.value_sizes
                            ? options_.value_sizes->draw(random_)
                            : random_.between(options_.value_bytes.low, options_.value_bytes.high);
  request.ttl_s = random_.between(options_.ttl_s.low, options_.ttl_s.high);
}

}  // namespace bmc::bench
