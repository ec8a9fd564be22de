// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// The tap's reading of a binary header: whatever the bytes, the command's key
// and data lie where the header's lengths say, and nothing is left over.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "tap/binary.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

uint32_t number(const uint8_t* p, int bytes) {
  uint32_t value = 0;
  for (int i = 0; i < bytes; i++) value = value * 256 + p[i];
  return value;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static input in;
  if (size > 1000) return 0;
  const uint32_t at = size ? data[0] % 256 : 0;
  std::memset(static_cast<void*>(&in), 0x80, sizeof(in));
  std::memcpy(in.bytes + at, data, size);
  in.at = at;
  in.filled = at + static_cast<uint32_t>(size);

  const int header = binary_scan(&in);
  if (header == LINE_OPEN) require(size < 24 + 20 + BMC_KEY_MAX);
  if (header != LINE_WHOLE) return 0;
  const uint32_t key = number(data + 2, 2), extras = data[4], body = number(data + 8, 4);
  require(data[0] == 0x80 && size >= 24 + extras + key);
  require(in.next == at + 24 + extras + key && in.next <= in.filled);
  require(in.command.key.at == at + 24 + extras && in.command.key.bytes == key);
  require(in.command.data_bytes == body - extras - key);
  require(in.command.kind != COMMAND_WRITE || key > 0);
  return 0;
}
