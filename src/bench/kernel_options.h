// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What `bench kernel` can be asked for.
#pragma once

#include <netinet/in.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace bmc::bench {

struct KernelOptions {
  std::string interface;
  std::string to_mac;
  std::string to;
  std::string from;
  std::uint16_t port = 11211;
  std::uint16_t from_port_first = 40'000;
  std::uint16_t from_port_last = 40'000;

  std::uint64_t keys = 10'000;
  double zipf = 0.99;
  bool uniform = false;
  bool single_key = false;
  std::size_t key_bytes = 16;
  std::uint32_t value_bytes = 32;  ///< of preloaded items
  bool preload = false;

  unsigned threads = 1;
  std::vector<unsigned> cpus;  ///< thread i runs on cpus[i]; empty: on CPU i
  std::chrono::nanoseconds duration = std::chrono::seconds(10);
  std::chrono::nanoseconds warmup = std::chrono::seconds(1);
  std::chrono::nanoseconds interval = std::chrono::seconds(1);
  std::uint64_t seed = 1;
};

}  // namespace bmc::bench
