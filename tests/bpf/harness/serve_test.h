// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The fixture of everything that meets packets: one loaded kernel for all
// tests, both hooks, and three assertions in one for every packet: what the
// verdict was, which bytes came out, and what was counted.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "harness/kernel.h"
#include "harness/link.h"

namespace bmc::test {

class ServeTest : public testing::TestWithParam<Hook> {
 protected:
  ServeTest();

  /// The tests' client, interface and addresses are right.
  void admit_all(Kernel& kernel) const;

  /// Cached in the kernel and known to the oracle.
  void cache(const std::string& key, const Item& item, std::uint32_t expiry = 0);
  void cache(const std::string& key, const std::string& data) { cache(key, Item{.data = data}); }

  /// A datagram of an admitted client, for this host.
  reference::Datagram request(std::string text) const;
  /// The same over IPv6.
  reference::Datagram request_v6(std::string text) const;

  /// Runs the frame: it is answered, with the oracle's reply to that request.
  void expect_answer(const reference::Datagram& datagram);
  void expect_answer(std::string text) { expect_answer(request(std::move(text))); }
  /// As expect_answer(), for a frame that was built from @datagram and changed.
  void expect_answer(const reference::Datagram& datagram, const Bytes& frame);

  /// Runs the frame: it passes unchanged (I1), counted under the reason alone;
  /// BMC_PASS_NONE: counted nowhere.
  void expect_pass(const Bytes& frame, bmc_pass reason);
  void expect_pass(const reference::Datagram& datagram, bmc_pass reason) {
    expect_pass(reference::build(datagram), reason);
  }
  void expect_pass(std::string text, bmc_pass reason) {
    expect_pass(request(std::move(text)), reason);
  }

  /// Runs the frame, which may be anything: it passes unchanged, or is the
  /// right answer to what a careful reader finds in it. Returns which.
  Outcome expect_pass_or_answer(const Bytes& frame);

  Verdict run(const Bytes& frame) { return kernel_.run(GetParam(), frame, link_.index); }

  /// As run(), but once more if this was the one hit in half a minute that
  /// memcached is to see.
  Verdict run_past_refresh(const Bytes& frame);

  Kernel& kernel_;
  const Link& link_;
  reference::Items items_;
};

/// Of a test's instance: "xdp" or "tc".
std::string hook_name(const testing::TestParamInfo<Hook>& info);

/// Every suite of packets is run at both hooks.
#define BMC_AT_BOTH_HOOKS(suite)                                                         \
  INSTANTIATE_TEST_SUITE_P(AtHook, suite, testing::Values(Hook::kXdp, Hook::kTc), hook_name)

}  // namespace bmc::test
