// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bpf/mapping.h"

#include <sys/mman.h>

#include <cerrno>

namespace bmc {

Result<Mapping> Mapping::of(int map_fd, std::size_t bytes, Access access) {
  const int protection = access == Access::kRead ? PROT_READ : PROT_READ | PROT_WRITE;
  void* address = ::mmap(nullptr, bytes, protection, MAP_SHARED, map_fd, 0);
  if (address == MAP_FAILED) return fail("cannot map a BPF map into memory", errno);
  return Mapping(address, bytes);
}

Mapping::~Mapping() {
  if (address_ != nullptr) ::munmap(address_, bytes_);
}

}  // namespace bmc
