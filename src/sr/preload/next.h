// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The function of the same name that would have been called without this library:
// the C library's, or that of whoever else is preloaded.
#pragma once

#include <dlfcn.h>

#include <atomic>

namespace bmc::sr {

template <typename Function>
class Next {
 public:
  constexpr explicit Next(const char* name) noexcept : name_(name) {}

  template <typename... Arguments>
  int operator()(Arguments... arguments) noexcept {
    Function* function = function_.load(std::memory_order_relaxed);
    if (function == nullptr) {  // two threads may both look: they find the same
      function = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name_));
      function_.store(function, std::memory_order_relaxed);
    }
    return function(arguments...);
  }

 private:
  const char* name_;
  std::atomic<Function*> function_{nullptr};
};

}  // namespace bmc::sr
