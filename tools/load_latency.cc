// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// load_latency BYTES...: how long a load takes that the next one waits for, from memory of that
// size in cold order: a walk along a random cycle through all of its lines of 64 bytes, each of
// which says where the next one is. Prints BYTES and nanoseconds, the median of nine walks.
//
//   c++ -O2 -std=c++20 -o load_latency tools/load_latency.cc && taskset -c 0 ./load_latency 32768 4194304

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <random>
#include <vector>

namespace {

struct alignas(64) Line {
  const Line* next;
};

/// A cycle through all lines, in random order.
std::vector<Line> random_cycle(std::size_t bytes) {
  std::vector<Line> lines(std::max<std::size_t>(bytes / sizeof(Line), 2));
  std::vector<std::uint32_t> order(lines.size());
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(1));
  for (std::size_t i = 0; i < order.size(); i++) {
    lines[order[i]].next = &lines[order[(i + 1) % order.size()]];
  }
  return lines;
}

double walk_ns(const Line*& at, std::size_t steps) {
  const auto began = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < steps; i++) at = at->next;
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
  return took.count() / static_cast<double>(steps);
}

double median_ns(std::size_t bytes) {
  const std::vector<Line> lines = random_cycle(bytes);
  const std::size_t steps = std::max<std::size_t>(lines.size(), 1 << 18);
  const Line* at = lines.data();
  walk_ns(at, steps);
  std::array<double, 9> times{};
  for (double& time : times) time = walk_ns(at, steps);
  std::sort(times.begin(), times.end());
  if (at == nullptr) std::abort();  // so that the walks are not thrown away
  return times[times.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s BYTES...\n", argv[0]);
    return 2;
  }
  for (int i = 1; i < argc; i++) {
    char* end = nullptr;
    const std::size_t bytes = std::strtoull(argv[i], &end, 10);
    if (*end != '\0' || bytes < sizeof(Line)) {
      std::fprintf(stderr, "%s: not a number of bytes, 64 or more\n", argv[i]);
      return 2;
    }
    std::printf("%zu %.1f\n", bytes, median_ns(bytes));
  }
}
