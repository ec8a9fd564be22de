// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "base/exception.h"

#include <fmt/format.h>

#include <system_error>

namespace bmc {

Error error_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::system_error& error) {
    return {error.what()};
  } catch (const std::exception& error) {
    return {fmt::format("ended by an exception: {}", error.what())};
  } catch (...) {
    return {"ended by an unknown exception"};
  }
}

}  // namespace bmc
