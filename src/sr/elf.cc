// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sr/elf.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include "base/fd.h"

namespace bmc::sr {
namespace {

constexpr unsigned char kClass = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
constexpr unsigned char kData =
    std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;

bool read_at(const Fd& file, void* data, std::size_t bytes, std::uint64_t offset) {
  return ::pread(file.get(), data, bytes, static_cast<off_t>(offset)) ==
         static_cast<ssize_t>(bytes);
}

std::string read_interpreter(const Fd& file, const ElfW(Phdr) & segment) {
  std::string path(std::min<std::size_t>(segment.p_filesz, 4096), '\0');
  if (!read_at(file, path.data(), path.size(), segment.p_offset)) return {};
  path.resize(std::strlen(path.c_str()));
  return path;
}

}  // namespace

Result<Elf> read_elf(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail("cannot read " + path, errno, "run as a user who may");
  Elf elf;
  ElfW(Ehdr) header{};
  if (!read_at(file, &header, sizeof header, 0) ||
      std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    return elf;
  }
  elf.is_elf = true;
  if (header.e_ident[EI_CLASS] != kClass || header.e_ident[EI_DATA] != kData) return elf;
  elf.machine = header.e_machine;
  for (unsigned i = 0; i < header.e_phnum; i++) {
    ElfW(Phdr) segment{};
    if (!read_at(file, &segment, sizeof segment, header.e_phoff + i * sizeof segment)) break;
    if (segment.p_type == PT_INTERP) elf.interpreter = read_interpreter(file, segment);
  }
  return elf;
}

}  // namespace bmc::sr
