// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Fills the cache: takes reports of missed keys from the ring buffer, asks
// memcached for them over a few TCP connections, many keys to a round trip,
// each under a lease that was taken before it was asked for (I4).
#pragma once

#include <bpf/libbpf.h>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bpf/kernel_side.h"
#include "daemon/fill_queue.h"
#include "memcached/connection.h"
#include "memcached/meta_get.h"

namespace bmc {

/// The process to ask, and where.
struct Server {
  Endpoint endpoint;
  pid_t pid = 0;
};

class Filler {
 public:
  /// @give_up is called if filling has ended by an exception.
  Filler(asio::io_context& events, const KernelSide& kernel, std::function<void(Error)> give_up);

  /// Starts reading reports.
  Result<void> start();

  /// Where to ask from now on; nothing: reports are dropped.
  void set_server(std::optional<Server> server);

  /// Once a second: reports are asked for later when memory is full, so that
  /// keys that are read once do not push out others.
  void adapt_admission();

 private:
  struct FreeRing {
    void operator()(ring_buffer* ring) const noexcept { ring_buffer__free(ring); }
  };
  struct Asked {
    WantedKey wanted;
    bmc_lease lease;
  };

  static int on_report(void* self, void* record, std::size_t bytes);
  asio::awaitable<void> read_reports();
  asio::awaitable<void> work();
  asio::awaitable<void> ask_for_some(Connection& connection);
  Task<void> ask(Connection& connection, const std::vector<Asked>& batch);
  std::vector<Asked> lease_some();
  Result<void> fill(const Asked& asked, const MetaValue& answer);

  asio::io_context& events_;
  const KernelSide& kernel_;
  std::function<void(Error)> give_up_;
  std::unique_ptr<ring_buffer, FreeRing> ring_;
  asio::posix::stream_descriptor ring_ready_;
  asio::steady_timer work_to_do_;  ///< never expires: cancelled to wake the workers
  FillQueue queue_;
  std::optional<Server> server_;
  unsigned server_generation_ = 0;
  std::string text_;  ///< scratch of fill()
};

}  // namespace bmc
