// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "journal/received.h"

#include <cstdint>
#include <fstream>
#include <map>

#include "../../differential/record.h"

namespace bmc::stream {
namespace {

using differential::Happened;
using differential::Record;

bool read(std::istream& file, void* bytes, std::size_t count) {
  return static_cast<bool>(
      file.read(static_cast<char*>(bytes), static_cast<std::streamsize>(count)));
}

/// Appends the bytes of a record's pieces. False if the file ends before.
bool read_pieces(std::istream& file, std::uint32_t pieces, std::string& to) {
  for (; pieces > 0; pieces--) {
    std::uint32_t length = 0;
    if (!read(file, &length, sizeof length)) return false;
    const std::size_t old = to.size();
    to.resize(old + length);
    if (!read(file, to.data() + old, length)) {
      to.resize(old);
      return false;
    }
  }
  return true;
}

}  // namespace

std::optional<std::vector<std::string>> read_received(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::vector<std::string> connections;
  std::map<std::int32_t, std::size_t> open;  // by memcached's number of the file
  Record record{};
  while (read(file, &record, sizeof record)) {
    if (record.what == Happened::kAccept) {
      open[record.fd] = connections.size();
      connections.emplace_back();
    } else if (record.what == Happened::kRead && open.contains(record.fd)) {
      if (!read_pieces(file, record.pieces, connections[open[record.fd]])) break;
    } else if (record.what == Happened::kClose) {
      open.erase(record.fd);
    } else {
      return std::nullopt;
    }
  }
  return connections;
}

}  // namespace bmc::stream
