// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/request.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <ctime>
#include <string_view>

#include "bench/value.h"

namespace bmc::bench {
namespace {

constexpr std::size_t kSetOverhead = 64;  // everything of a set but key and value

char* append(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* append(char* out, std::uint32_t number) {
  return std::to_chars(out, out + 10, number).ptr;
}

}  // namespace

std::size_t RequestText::longest(unsigned reads, std::uint32_t value_bytes) const noexcept {
  const std::size_t get = 16 + reads * (keys_.key_bytes() + 1);
  const std::size_t set = kSetOverhead + keys_.key_bytes() + value_bytes;
  return std::max(get, set);
}

char* RequestText::write(const Request& request, char* out) const noexcept {
  switch (request.kind) {
    case Request::Kind::kGet:
      return write_get(request, out);
    case Request::Kind::kSet:
      return write_set(request, out);
    case Request::Kind::kNoop:
      return append(out, "mn\r\n");
  }
  return out;
}

char* RequestText::write_get(const Request& request, char* out) const noexcept {
  if (command_ == GetCommand::kMetaGet) {
    out = append(out, "mg ");
    out = keys_.write(request.read[0].key, out);
    return append(out, " k f v\r\n");
  }
  out = append(out, "get");
  for (unsigned i = 0; i < request.reads; i++) {
    *out++ = ' ';
    out = keys_.write(request.read[i].key, out);
  }
  return append(out, "\r\n");
}

char* RequestText::write_set(const Request& request, char* out) const noexcept {
  const std::uint32_t key = request.read[0].key;
  out = append(out, "set ");
  out = keys_.write(key, out);
  *out++ = ' ';
  out = append(out, value_flags(key));
  *out++ = ' ';
  out = append(out, request.ttl_s);
  *out++ = ' ';
  out = append(out, request.value_bytes);
  out = append(out, request.quiet ? " noreply\r\n" : "\r\n");

  const std::uint32_t expires_s =
      request.ttl_s == 0 ? 0 : static_cast<std::uint32_t>(std::time(nullptr)) + request.ttl_s;
  write_value({key, request.write.version, request.write.since, expires_s},
              {out, request.value_bytes});
  return append(out + request.value_bytes, "\r\n");
}

}  // namespace bmc::bench
