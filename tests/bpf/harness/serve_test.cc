// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "harness/serve_test.h"

#include <cstring>
#include <sstream>

namespace bmc::test {
namespace {

using reference::Datagram;

Kernel& shared_kernel() {
  static Kernel kernel({.buckets = 512, .slabs = 96});
  return kernel;
}

const char* name_of(bmc_pass reason) {
  static constexpr const char* kNames[] = {
      "none",
#define X(name, label, help) #label,
      BMC_PASS_REASONS(X)
#undef X
  };
  return kNames[reason];
}

/// What serve counts between two readings, as text: so that a difference reads well.
std::string counted(const bmc_stats& before, const bmc_stats& after) {
  static constexpr std::pair<bmc_counter, const char*> kServeCounters[] = {
      {BMC_COUNT_HITS, "hits"},
      {BMC_COUNT_HIT_KEYS, "hit_keys"},
      {BMC_COUNT_HIT_BYTES, "hit_bytes"},
  };
  std::ostringstream out;
  for (const auto& [counter, name] : kServeCounters) {
    if (const auto n = after.counts[counter] - before.counts[counter]) out << name << '=' << n << ' ';
  }
  for (int i = 0; i < BMC_PASS_NR; i++) {
    const auto n = after.passes[i] - before.passes[i];
    if (n != 0) out << name_of(static_cast<bmc_pass>(i)) << '=' << n << ' ';
  }
  return out.str();
}

std::string counts_of_answer(std::size_t keys, std::size_t bytes) {
  std::ostringstream out;
  out << "hits=1 hit_keys=" << keys << " hit_bytes=" << bytes << ' ';
  return out.str();
}

}  // namespace

std::string hook_name(const testing::TestParamInfo<Hook>& info) {
  return info.param == Hook::kXdp ? "xdp" : "tc";
}

ServeTest::ServeTest() : kernel_(shared_kernel()), link_(test_link()) {
  kernel_.reset();
  admit_all(kernel_);
}

void ServeTest::admit_all(Kernel& kernel) const {
  kernel.serve_interface({.ifindex = link_.index, .vlan = 0}, link_.mac);
  for (const char* address : {"192.0.2.2", "2001:db8::2"}) {
    kernel.listen_on(reference::address_of(address));
  }
  kernel.admit_source(reference::address_of("192.0.2.1"));
  kernel.admit_source(reference::address_of("2001:db8::1"));
}

void ServeTest::cache(const std::string& key, const Item& item, std::uint32_t expiry) {
  kernel_.put(key, item, expiry);
  items_[key] = item;
}

Datagram ServeTest::request(std::string text) const {
  Datagram datagram;
  datagram.target_mac = link_.mac;
  datagram.text = std::move(text);
  return datagram;
}

Datagram ServeTest::request_v6(std::string text) const {
  Datagram datagram = request(std::move(text));
  datagram.source = reference::address_of("2001:db8::1");
  datagram.target = reference::address_of("2001:db8::2");
  return datagram;
}

void ServeTest::expect_answer(const Datagram& datagram) {
  expect_answer(datagram, reference::build(datagram));
}

void ServeTest::expect_answer(const Datagram& datagram, const Bytes& frame) {
  SCOPED_TRACE(datagram.text.substr(0, 80));
  const auto parsed = reference::parse_served(datagram.text);
  ASSERT_TRUE(parsed) << "the test asks for an answer that nobody gives";
  const auto text = reference::reply_text(*parsed, items_);
  ASSERT_TRUE(text) << "the test asks for an answer that nobody gives";

  bmc_stats before = kernel_.stats();
  Verdict verdict = run(frame);
  if (counted(before, kernel_.stats()) == "refresh=1 ") {
    before = kernel_.stats();
    verdict = run(frame);
  }
  const std::string counts = counted(before, kernel_.stats());
  ASSERT_EQ(verdict.outcome, Outcome::kAnswered) << "verdict " << verdict.raw << ", " << counts;
  EXPECT_EQ(reference::why_not_reply(datagram, verdict.out, *text), "");
  EXPECT_EQ(counts, counts_of_answer(parsed->keys.size(), verdict.out.size()));
}

Verdict ServeTest::run_past_refresh(const Bytes& frame) {
  const auto refreshes = [&] { return kernel_.stats().passes[BMC_PASS_REFRESH]; };
  const auto before = refreshes();
  const Verdict verdict = run(frame);
  return refreshes() == before ? verdict : run(frame);
}

void ServeTest::expect_pass(const Bytes& frame, bmc_pass reason) {
  const bmc_stats before = kernel_.stats();
  const Verdict verdict = run(frame);
  const std::string counts = counted(before, kernel_.stats());
  EXPECT_EQ(verdict.outcome, Outcome::kPassed) << "verdict " << verdict.raw;
  EXPECT_TRUE(verdict.out == frame) << "in:  " << reference::hex(frame)
                                    << "\nout: " << reference::hex(verdict.out);
  EXPECT_EQ(counts, reason == BMC_PASS_NONE ? "" : std::string(name_of(reason)) + "=1 ");
}

Outcome ServeTest::expect_pass_or_answer(const Bytes& frame) {
  const Verdict verdict = run(frame);
  if (verdict.outcome == Outcome::kPassed) {
    EXPECT_TRUE(verdict.out == frame) << "in:  " << reference::hex(frame)
                                      << "\nout: " << reference::hex(verdict.out);
    return verdict.outcome;
  }
  EXPECT_EQ(verdict.outcome, Outcome::kAnswered) << "verdict " << verdict.raw;
  const auto datagram = reference::take_apart_request(frame);
  const auto parsed = datagram ? reference::parse_served(datagram->text) : std::nullopt;
  const auto text = parsed ? reference::reply_text(*parsed, items_) : std::nullopt;
  EXPECT_TRUE(text) << "answered: " << reference::hex(frame);
  if (text) {
    EXPECT_EQ(reference::why_not_reply(*datagram, verdict.out, *text), "")
        << "asked: " << reference::hex(frame);
  }
  return verdict.outcome;
}

}  // namespace bmc::test
