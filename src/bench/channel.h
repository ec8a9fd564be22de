// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A way to send requests and get them answered: a UDP socket or a TCP
// connection. Its owner never has more than the agreed number of requests
// outstanding, and calls flush() after a round of submit()s.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "bench/request.h"

namespace bmc::bench {

class Channel {
 public:
  virtual ~Channel() = default;

  virtual int fd() const noexcept = 0;

  /// A request to fill in, with room for the keys of a get.
  virtual Request& begin() = 0;
  /// Queues what begin() returned.
  virtual void submit(Request& request) = 0;
  /// Sends what is queued, as far as the kernel takes it.
  virtual Result<void> flush() = 0;
  /// Whether something is queued that the kernel did not take.
  virtual bool wants_to_write() const noexcept = 0;

  /// Reads and judges what has arrived. Returns how many requests that ended.
  virtual Result<unsigned> receive() = 0;
  /// Gives up what was sent before @sent_before_ns. Returns how many requests that ended.
  virtual unsigned expire(std::uint64_t sent_before_ns) = 0;
  /// After an error of receive() or flush(): begins anew, with another fd(). Returns how
  /// many requests that ended, unanswered.
  virtual Result<unsigned> reconnect() = 0;
};

}  // namespace bmc::bench
