// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "base/exception.h"

#include <gtest/gtest.h>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace bmc {
namespace {

asio::awaitable<void> throw_if(bool is_wrong) {
  if (is_wrong) throw std::runtime_error("no more");
  co_return;
}

std::optional<Error> error_after(bool is_wrong) {
  std::optional<Error> told;
  asio::io_context events(1);
  asio::co_spawn(events, throw_if(is_wrong), on_exception([&](Error error) { told = error; }));
  events.run();
  return told;
}

TEST(OnException, TellsWhyACoroutineEnded) {
  const auto error = error_after(true);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->what, "ended by an exception: no more");
  EXPECT_EQ(error->code, ExitCode::kFailed);
}

TEST(OnException, IsSilentAfterAGoodEnd) {
  EXPECT_FALSE(error_after(false));
}

TEST(ErrorOf, NamesWhatIsNoExceptionToo) {
  EXPECT_EQ(error_of(std::make_exception_ptr(1)).what, "ended by an unknown exception");
}

}  // namespace
}  // namespace bmc
