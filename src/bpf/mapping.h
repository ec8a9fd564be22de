// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The values of a BPF_F_MMAPABLE array map in our own memory. The kernel side
// reads and writes them at the same time, so whatever both sides write is
// accessed through atomic().
#pragma once

#include <atomic>
#include <cstddef>
#include <span>
#include <utility>

#include "base/error.h"

namespace bmc {

template <typename T>
std::atomic_ref<T> atomic(T& value) {
  return std::atomic_ref<T>(value);
}

/// One mmap of a map's values, unmapped by its owner.
class Mapping {
 public:
  enum class Access { kRead, kReadWrite };

  static Result<Mapping> of(int map_fd, std::size_t bytes, Access access);

  Mapping() noexcept = default;
  Mapping(Mapping&& other) noexcept
      : address_(std::exchange(other.address_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(address_, other.address_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Mapping();

  template <typename T>
  T& as() const {
    return *static_cast<T*>(address_);
  }
  template <typename T>
  std::span<T> array() const {
    return {static_cast<T*>(address_), bytes_ / sizeof(T)};
  }

 private:
  Mapping(void* address, std::size_t bytes) noexcept : address_(address), bytes_(bytes) {}

  void* address_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace bmc
