// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "journal/journal.h"

#include <cstring>
#include <fstream>
#include <map>

namespace bmc::stream {
namespace {

constexpr std::size_t kHead = 100;

/// In front of each entry's head; at a connection's end with an ending and no head.
struct Line {
  std::uint64_t hash;
  std::uint32_t stream;
  std::uint32_t bytes;
  std::uint16_t local_port;
  std::uint16_t head;
  std::uint8_t is_servable;
  std::uint8_t ending;
  std::uint8_t padding[2];
};
static_assert(sizeof(Line) == 24);

bool read(std::istream& file, Line& line) {
  return static_cast<bool>(file.read(reinterpret_cast<char*>(&line), sizeof line));
}

}  // namespace

/// FNV-1a, eight bytes at a time.
std::uint64_t hash_of(std::string_view bytes) {
  constexpr std::uint64_t kPrime = 0x100000001b3;
  std::uint64_t hash = 0xcbf29ce484222325 ^ bytes.size();
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    hash = (hash ^ word) * kPrime;
    hash ^= hash >> 32;  // what is high counts for the low bits, too
  }
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
  return hash;
}

Entry entry_of(const Request& request) {
  return {.hash = hash_of(request.bytes),
          .bytes = static_cast<std::uint32_t>(request.bytes.size()),
          .is_servable = request.is_servable,
          .head = request.bytes.substr(0, kHead)};
}

std::optional<JournalWriter> JournalWriter::create(const std::filesystem::path& path) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (!file) return std::nullopt;
  return JournalWriter(file);
}

void JournalWriter::sent(std::uint32_t stream, const Request& request) {
  const Entry entry = entry_of(request);
  const Line line{.hash = entry.hash,
                  .stream = stream,
                  .bytes = entry.bytes,
                  .local_port = 0,
                  .head = static_cast<std::uint16_t>(entry.head.size()),
                  .is_servable = entry.is_servable,
                  .ending = 0,
                  .padding = {}};
  // One call an entry: other threads write, too, and stdio locks each call.
  char bytes[sizeof line + kHead];
  std::memcpy(bytes, &line, sizeof line);
  std::memcpy(bytes + sizeof line, entry.head.data(), entry.head.size());
  std::fwrite(bytes, 1, sizeof line + entry.head.size(), file_.get());
}

void JournalWriter::ended(std::uint32_t stream, std::uint16_t local_port, Ending ending) {
  const Line line{.hash = 0,
                  .stream = stream,
                  .bytes = 0,
                  .local_port = local_port,
                  .head = 0,
                  .is_servable = 0,
                  .ending = static_cast<std::uint8_t>(ending),
                  .padding = {}};
  std::fwrite(&line, 1, sizeof line, file_.get());
}

bool JournalWriter::close() {
  const bool is_whole = !std::ferror(file_.get());
  return std::fclose(file_.release()) == 0 && is_whole;
}

std::optional<std::vector<Sent>> read_journal(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::map<std::uint32_t, Sent> streams;
  Line line{};
  while (read(file, line)) {
    Sent& sent = streams[line.stream];
    sent.stream = line.stream;
    if (line.ending > static_cast<std::uint8_t>(Ending::kGivenUp) || line.head > kHead) return {};
    if (line.ending) {
      sent.ending = static_cast<Ending>(line.ending);
      sent.local_port = line.local_port;
      continue;
    }
    Entry entry{.hash = line.hash,
                .bytes = line.bytes,
                .is_servable = line.is_servable != 0,
                .head = std::string(line.head, '\0')};
    if (!file.read(entry.head.data(), line.head)) break;  // the writer was killed
    sent.requests.push_back(std::move(entry));
  }
  std::vector<Sent> all;
  for (auto& [stream, sent] : streams) all.push_back(std::move(sent));
  return all;
}

}  // namespace bmc::stream
