// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bpf/libbpf_log.h"

#include <bpf/libbpf.h>

#include <cstdarg>
#include <cstdio>

#include "base/log.h"

namespace bmc {
namespace {

constexpr std::size_t kKeptBytes = 64 * 1024;
std::string kept;

int keep(libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_DEBUG) return 0;
  char* line = nullptr;
  const int length = vasprintf(&line, format, arguments);
  if (length < 0) return 0;
  kept.append(line, static_cast<std::size_t>(length));
  if (kept.size() > kKeptBytes) kept.erase(0, kept.size() - kKeptBytes);
  spdlog::debug("{}", std::string_view(line, static_cast<std::size_t>(length)));
  std::free(line);
  return length;
}

}  // namespace

void capture_libbpf_log() {
  libbpf_set_print(keep);
}

std::string take_libbpf_log(std::size_t lines) {
  std::size_t from = kept.size();
  while (lines > 0 && from > 0) {
    const std::size_t newline = kept.rfind('\n', from - 1);
    if (newline == std::string::npos) {
      from = 0;
      break;
    }
    if (newline + 1 != kept.size()) lines--;
    from = lines > 0 ? newline : newline + 1;
  }
  std::string tail = kept.substr(from);
  kept.clear();
  return tail;
}

}  // namespace bmc
