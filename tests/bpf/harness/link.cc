// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "harness/link.h"

#include <net/if.h>
#include <sched.h>

#include <cstdlib>

#include "harness/kernel.h"

namespace bmc::test {
namespace {

Link the_link;

}  // namespace

void enter_private_network() {
  if (unshare(CLONE_NEWNET) != 0) give_up("cannot make a network namespace");
  if (std::system("ip link set lo up && ip link add bmcp0 address 02:00:00:00:00:02 type veth "
                  "peer name bmcp1 && ip link set bmcp0 up") != 0) {
    give_up("cannot make a veth");
  }
  the_link.index = if_nametoindex("bmcp0");
  the_link.mac = {0x02, 0, 0, 0, 0, 0x02};
}

const Link& test_link() { return the_link; }

}  // namespace bmc::test
