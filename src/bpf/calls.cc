// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bpf/calls.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "cache/hash.h"

namespace bmc {
namespace {

/// The kernel copies the context in and, after the run, back to where it was.
Result<void> run_program(int fd, void* context, std::size_t bytes, const char* what) {
  bpf_test_run_opts options{};
  options.sz = sizeof(options);
  options.ctx_in = context;
  options.ctx_size_in = static_cast<std::uint32_t>(bytes);
  if (bpf_prog_test_run_opts(fd, &options) != 0) return fail(what, errno);
  return {};
}

}  // namespace

std::uint64_t hash_of_key(const KernelSide& kernel, std::string_view key) {
  std::array<u8, BMC_KEY_MAX + 8> padded;  // hash_key() reads whole words
  const auto bytes = std::min<std::size_t>(key.size(), BMC_KEY_MAX);
  std::memcpy(padded.data(), key.data(), bytes);
  return hash_key(kernel.config().hash_seed, padded.data(), static_cast<u32>(bytes));
}

Result<void> take_lease(const KernelSide& kernel, bmc_lease& lease) {
  return run_program(kernel.fd(Program::kLease), &lease, sizeof(lease), "cannot take a lease");
}

Result<void> fill_value(const KernelSide& kernel, bmc_fill& fill) {
  return run_program(kernel.fd(Program::kFill), &fill, sizeof(fill), "cannot fill a value");
}

Result<void> back_off(const KernelSide& kernel, bmc_backoff& backoff) {
  return run_program(kernel.fd(Program::kBackoff), &backoff, sizeof(backoff),
                     "cannot leave a key alone");
}

Result<void> move_slab(const KernelSide& kernel, bmc_move& move) {
  return run_program(kernel.fd(Program::kMove), &move, sizeof(move), "cannot move a slab");
}

Result<void> beat_heart(const KernelSide& kernel) {
  return run_program(kernel.fd(Program::kBeat), nullptr, 0,
                     "cannot tell the kernel side that we live");
}

Result<void> flush_cache(const KernelSide& kernel) {
  return run_program(kernel.fd(Program::kFlush), nullptr, 0, "cannot empty the cache");
}

}  // namespace bmc
