// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// One end of the wire: all frames that come out of an interface, and a way to put some in.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace bmc::lin {

using Frame = std::vector<std::byte>;

class Port {
 public:
  /// Opens the interface as a packet socket (packet(7)). Throws std::system_error.
  explicit Port(const std::string& interface);
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  ~Port();

  int fd() const { return fd_; }
  /// The next frame that arrived, without what this host sent; nullopt: there is none now.
  std::optional<Frame> receive();
  /// False if it found no room or the link is down: a wire may lose frames.
  bool send(std::span<const std::byte> frame) const;

 private:
  int fd_;
};

}  // namespace bmc::lin
