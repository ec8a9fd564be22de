// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// A connection's requests whole, byte by byte and in random pieces: the tap
// sees the same writes, stands at the same place, and lets go of everything
// with the connection. The first byte chooses the cuts.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "host/follow.h"

namespace {

using namespace bmc::host;

void require(const std::string& objection) {
  if (objection.empty()) return;
  std::fprintf(stderr, "%s\n", objection.c_str());
  std::abort();
}

Cuts random_cuts(unsigned seed, std::size_t size) {
  std::minstd_rand random(seed + 1);
  Cuts cuts;
  for (std::size_t bytes = 0; bytes < size; bytes += cuts.back()) {
    cuts.push_back(1 + random() % (seed % 2 ? 9 : size));
  }
  return cuts;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  load_for_following({});
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string stream(data + 1, data + size);
  fill_for_following({"k", "key"});
  const Followed whole = follow(stream, {});
  require(difference(stream, whole, follow(stream, random_cuts(data[0], stream.size()))));
  if (size < 300) require(difference(stream, whole, follow(stream, Cuts(stream.size(), 1))));
  return 0;
}
