// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Flags and length are cut out of a block's text, wherever in it they lie.
#include <gtest/gtest.h>

#include "host/instance.h"

namespace bmc::host {
namespace {

TEST(MetaNumbersTest, AreRightAtAnyWidth) {
  Instance instance;
  for (const std::uint32_t flags :
       {0u, 9u, 12u, 123u, 1234u, 12345u, 123456u, 1234567u, 12345678u, 123456789u, 4294967295u}) {
    for (const std::size_t bytes : {0, 7, 10, 99, 100, 999, 1000, 1300}) {
      const Item item{.flags = flags, .data = std::string(bytes, 'v')};
      ASSERT_EQ(instance.put("key", item), 0);
      for (const char* asked : {"f", "s", "f s", "s f", "s v", "v f", "k s f v"}) {
        const Bytes frame =
            reference::build(Instance::request("mg key " + std::string(asked) + "\r\n"));
        for (const host_hook hook : {HOST_XDP, HOST_TC}) {
          const Verdict verdict = instance.run(hook, frame);
          EXPECT_TRUE(verdict.answered) << asked << " of " << flags;
          EXPECT_EQ(instance.objection(frame, verdict), "")
              << asked << " of " << flags << ", " << bytes;
        }
      }
    }
  }
}

}  // namespace
}  // namespace bmc::host
