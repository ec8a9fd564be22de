// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// load_latency LINES BYTES...: how long it takes to load items of so many lines of 64 bytes, one
// after the other, from memory of that size in cold order: a walk along a random cycle through all
// of its items. Which item is next is known when all lines of the one before are there; these are
// asked for at once. Prints BYTES and nanoseconds for an item, the median of nine walks.
//
//   c++ -O2 -std=c++20 -o load_latency tools/load_latency.cc
//   taskset -c 0 ./load_latency 1 32768 4194304

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
  std::uint64_t next;  // of an item's first line: which item; of the others 0
};

/// A cycle through all items, in random order.
std::vector<Line> random_cycle(std::size_t bytes, std::size_t item_lines) {
  const std::size_t items = std::max<std::size_t>(bytes / sizeof(Line) / item_lines, 2);
  std::vector<Line> lines(items * item_lines);
  std::vector<std::uint32_t> order(items);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(1));
  for (std::size_t i = 0; i < items; i++) {
    lines[order[i] * item_lines].next = order[(i + 1) % items];
  }
  return lines;
}

double walk_ns(const std::vector<Line>& lines, std::size_t item_lines, std::uint64_t& at,
               std::size_t steps) {
  const auto began = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < steps; i++) {
    const volatile Line* item = &lines[at * item_lines];
    std::uint64_t next = item->next;
    for (std::size_t line = 1; line < item_lines; line++) next |= item[line].next;
    at = next;
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
  return took.count() / static_cast<double>(steps);
}

double median_ns(std::size_t bytes, std::size_t item_lines) {
  const std::vector<Line> lines = random_cycle(bytes, item_lines);
  const std::size_t steps = std::max<std::size_t>(lines.size() / item_lines, 1 << 17);
  std::uint64_t at = 0;
  walk_ns(lines, item_lines, at, steps);
  std::array<double, 9> times{};
  for (double& time : times) time = walk_ns(lines, item_lines, at, steps);
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s LINES BYTES...\n", argv[0]);
    return 2;
  }
  std::size_t item_lines = 0;
  for (int i = 1; i < argc; i++) {
    char* end = nullptr;
    const std::size_t number = std::strtoull(argv[i], &end, 10);
    if (*end != '\0' || number == 0) {
      std::fprintf(stderr, "%s: not a number above 0\n", argv[i]);
      return 2;
    }
    if (i == 1) {
      item_lines = number;
    } else {
      std::printf("%zu %.1f\n", number, median_ns(number, item_lines));
    }
  }
}
