// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What `bench udp` and `bench tcp` can be asked for, as plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/range.h"
#include "bench/size_model.h"

namespace bmc::bench {

enum class Transport : std::uint8_t { kUdp, kTcp };
enum class GetCommand : std::uint8_t { kGet, kMetaGet };

struct LoadOptions {
  std::string server;

  Transport gets = Transport::kUdp;
  Transport sets = Transport::kTcp;
  GetCommand command = GetCommand::kGet;

  unsigned threads = 1;
  std::vector<unsigned> cpus;  ///< thread i runs on cpus[i % size]; empty: anywhere
  unsigned connections = 1;    ///< in all, shared out over the threads
  unsigned outstanding = 64;   ///< per connection
  std::optional<double> rate;  ///< requests per second; absent: closed loop

  std::uint64_t keys = 10'000;
  double zipf = 0.99;
  bool uniform = false;
  std::size_t key_bytes = 16;
  Range value_bytes{32, 32};
  std::optional<SizeModel> value_sizes;  ///< instead of a range
  double get_ratio = 1;
  unsigned multiget = 1;  ///< keys of one get
  bool noreply = false;
  Range ttl_s{0, 0};

  std::chrono::nanoseconds duration = std::chrono::seconds(10);
  std::chrono::nanoseconds warmup{0};
  std::chrono::nanoseconds interval = std::chrono::seconds(1);
  std::chrono::nanoseconds timeout = std::chrono::milliseconds(200);
  bool preload = false;
  std::uint64_t seed = 1;
};

}  // namespace bmc::bench
