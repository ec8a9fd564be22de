// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The generator's BPF programs, loaded and attached: see generator.bpf.c.
// Whatever ends the process detaches the sink, since a link holds it.
#pragma once

#include <bpf/libbpf.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "bench/request_frame.h"
#include "bmc/bench.h"
#include "net/interface.h"

struct bmc_generator;

namespace bmc::bench {

struct GeneratorSetup {
  RequestFrame frame;                 ///< the template
  std::vector<bmc_bench_draw> draws;  ///< sent in turn; a power of two
  std::uint16_t from_port_first = 0;
  std::uint16_t from_port_last = 0;
  std::uint16_t server_port = 0;
  Interface interface;
};

/// Totals over all CPUs.
struct GeneratorCounts {
  std::uint64_t sent = 0;
  bmc_bench_replies replies{};
};

class Generator {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Generator>> load(const GeneratorSetup& setup);
  ~Generator();

  /// Sends from the calling thread's CPU until @stop is set and a signal
  /// interrupts it.
  Result<void> run(const std::atomic<bool>& stop) const;

  Result<GeneratorCounts> counts() const;

  /// Hands over the replies that were sampled since the last call.
  void take_samples(const std::function<void(std::string_view payload)>& take);

 private:
  struct Close {
    void operator()(bmc_generator* programs) const noexcept;
    void operator()(ring_buffer* ring) const noexcept { ring_buffer__free(ring); }
  };
  using Programs = std::unique_ptr<bmc_generator, Close>;

  Generator(Programs programs, const GeneratorSetup& setup);
  Result<void> start(const GeneratorSetup& setup);

  Programs programs_;
  Fd link_;  // of the sink
  std::unique_ptr<ring_buffer, Close> samples_;
  std::function<void(std::string_view)> take_;
  std::vector<std::uint8_t> template_;
  int interface_index_;
};

}  // namespace bmc::bench
