// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Errors are values here, but libraries throw: when memory or a disk is full, or
// when something is wrong with us. Such an exception ends the whole program with
// a line that says so, and not a part of it that is missed only later.
#pragma once

#include <exception>
#include <utility>

#include "base/error.h"

namespace bmc {

Error error_of(const std::exception_ptr& thrown);

/// For asio::co_spawn: @give_up is called with the error if the coroutine ends by an exception.
template <typename GiveUp>
auto on_exception(GiveUp give_up) {
  return [give_up = std::move(give_up)](const std::exception_ptr& thrown) {
    if (thrown) give_up(error_of(thrown));
  };
}

}  // namespace bmc
