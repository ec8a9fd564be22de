// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What the clients have sent, written down for the judge: of each request its length, its hash
// and its beginning. A connection is known by its first request, which is nobody else's.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/request.h"

namespace bmc::stream {

std::uint64_t hash_of(std::string_view bytes);

/// How a connection ended for its client.
enum class Ending : std::uint8_t {
  kNone,  ///< it was never told
  kAllAnswered,
  kGivenUp,  ///< after a wrong byte, a reset or a hang: what memcached got of the last is not known
};

/// One request of the journal.
struct Entry {
  std::uint64_t hash = 0;
  std::uint32_t bytes = 0;
  bool is_servable = false;
  std::string head;
};

/// All of one connection.
struct Sent {
  std::uint32_t stream = 0;
  std::uint16_t local_port = 0;
  Ending ending = Ending::kNone;
  std::vector<Entry> requests;
};

Entry entry_of(const Request& request);

/// Threads may write at the same time.
class JournalWriter {
 public:
  /// Empty if the file cannot be written.
  static std::optional<JournalWriter> create(const std::filesystem::path& path);

  /// The number of a new connection.
  void sent(std::uint32_t stream, const Request& request);
  void ended(std::uint32_t stream, std::uint16_t local_port, Ending ending);
  /// False if not all could be written.
  bool close();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  explicit JournalWriter(std::FILE* file) : file_(file) {}

  std::unique_ptr<std::FILE, Close> file_;
};

/// Nothing if the file is not a journal.
std::optional<std::vector<Sent>> read_journal(const std::filesystem::path& path);

}  // namespace bmc::stream
