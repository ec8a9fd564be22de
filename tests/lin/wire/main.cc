// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// bmc_wire CLIENT_SIDE SERVER_SIDE [SEED]: a wire between two interfaces that loses, doubles,
// delays, reorders and damages frames. Standard input says how, a line each time it changes
// (weather.h); at its end the counts are printed as JSON. A wire of the kernel's own (netem) is
// not in every kernel, and a BPF program cannot hold a packet back.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <queue>
#include <sstream>
#include <string>

#include <fmt/core.h>

#include "wire/port.h"
#include "wire/weather.h"

namespace {

using namespace bmc::lin;
using Clock = std::chrono::steady_clock;

struct Late {
  Clock::time_point due;
  Frame frame;
  const Port* to;
  bool operator>(const Late& other) const { return due > other.due; }
};

class Wire {
 public:
  Wire(const std::string& client_side, const std::string& server_side, std::uint64_t seed)
      : client_(client_side), server_(server_side), sky_(seed) {}

  /// Until standard input ends. Returns the exit code.
  int run() {
    fmt::print("ready\n");
    std::fflush(stdout);
    for (;;) {
      std::array<pollfd, 3> ready{{{client_.fd(), POLLIN, 0},
                                   {server_.fd(), POLLIN, 0},
                                   {STDIN_FILENO, POLLIN, 0}}};
      if (!wait(ready)) return 1;
      pass_on(client_, server_, true);
      pass_on(server_, client_, false);
      release();
      if (ready[2].revents != 0 && !listen()) return report();
    }
  }

 private:
  bool wait(std::array<pollfd, 3>& ready) const {
    timespec pause{};
    if (!late_.empty()) {
      const auto left = std::max(late_.top().due - Clock::now(), Clock::duration::zero());
      pause.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(left).count();
      pause.tv_nsec = (left % std::chrono::seconds(1)).count();
    }
    return ::ppoll(ready.data(), ready.size(), late_.empty() ? nullptr : &pause, nullptr) >= 0;
  }

  void pass_on(Port& from, const Port& to, bool is_request) {
    for (int frames = 0; frames < kBurst; frames++) {
      auto frame = from.receive();
      if (!frame) return;
      for (const auto lateness : sky_.fate(*frame, is_request)) {
        if (lateness.count() == 0) {
          send(to, *frame);
        } else {
          late_.push({Clock::now() + lateness, *frame, &to});
        }
      }
    }
  }

  void send(const Port& to, const Frame& frame) {
    if (!to.send(frame)) unsent_++;
  }

  void release() {
    while (!late_.empty() && late_.top().due <= Clock::now()) {
      send(*late_.top().to, late_.top().frame);
      late_.pop();
    }
  }

  /// Takes in lines of weather; false at the end.
  bool listen() {
    std::array<char, 4096> buffer;
    const ssize_t bytes = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (bytes <= 0) return false;
    said_.append(buffer.data(), static_cast<std::size_t>(bytes));
    for (std::size_t end = said_.find('\n'); end != std::string::npos; end = said_.find('\n')) {
      std::istringstream line(said_.substr(0, end));
      said_.erase(0, end + 1);
      Weather weather;
      if (!parse_weather(line, weather)) fmt::print(stderr, "bmc_wire: what weather is that?\n");
      sky_.set(weather);
    }
    return true;
  }

  int report() const {
    const WeatherCounts& counts = sky_.counts();
    fmt::print(R"({{"frames": {}, "dropped": {}, "duplicated": {}, "delayed": {}, "damaged": {}, )"
               R"("unsent": {}}})"
               "\n",
               counts.frames, counts.dropped, counts.duplicated, counts.delayed, counts.damaged,
               unsent_);
    return 0;
  }

  static constexpr int kBurst = 64;  // of one side before the other's turn

  Port client_;
  Port server_;
  Sky sky_;
  std::priority_queue<Late, std::vector<Late>, std::greater<>> late_;
  std::string said_;
  std::uint64_t unsent_ = 0;  ///< the link was down, or had no room
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: bmc_wire CLIENT_SIDE SERVER_SIDE [SEED]\n");
    return 2;
  }
  try {
    return Wire(argv[1], argv[2], argc > 3 ? std::stoull(argv[3]) : 0).run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "bmc_wire: {}\n", error.what());
    return 1;
  }
}
