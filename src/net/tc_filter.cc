// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "net/tc_filter.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/pkt_sched.h>

#include <cerrno>

#include "net/netlink.h"

namespace bmc {
namespace {

// Behind what a container network puts at priority 1, before what tc(8)
// numbers by itself, from 49152 downwards.
constexpr std::uint32_t kPriority = 11211;
constexpr std::uint32_t kHandle = 0xb3c;

bpf_tc_hook hook_of(TcFilter which, int interface_index) {
  bpf_tc_hook hook{};
  hook.sz = sizeof(hook);
  hook.ifindex = interface_index;
  hook.attach_point = which == TcFilter::kTcpOut ? BPF_TC_EGRESS : BPF_TC_INGRESS;
  return hook;
}

const char* name_of(TcFilter which) {
  return which == TcFilter::kTcpOut ? "egress" : "ingress";
}

bpf_tc_opts our_filter(TcFilter which) {
  bpf_tc_opts filter{};
  filter.sz = sizeof(filter);
  filter.handle = kHandle + (which == TcFilter::kTcpIn ? 1 : 0);
  filter.priority = kPriority;
  return filter;
}

bool has_filters(int interface_index, std::uint32_t parent) {
  tcmsg request{};
  request.tcm_ifindex = interface_index;
  request.tcm_parent = parent;
  bool any = false;
  const auto done = netlink_dump(RTM_GETTFILTER, std::as_bytes(std::span(&request, 1)),
                                 [&](const nlmsghdr&) { any = true; });
  return any || !done;
}

bool clsact_is_empty(int interface_index) {
  return !has_filters(interface_index, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)) &&
         !has_filters(interface_index, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS));
}

void remove_clsact(int interface_index) {
  bpf_tc_hook hook = hook_of(TcFilter::kUdpIn, interface_index);
  hook.attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS);
  bpf_tc_hook_destroy(&hook);
}

}  // namespace

Result<TcAttachment> attach_tc(TcFilter which, int program_fd, const Interface& interface) {
  bpf_tc_hook hook = hook_of(which, interface.index);
  const int made = bpf_tc_hook_create(&hook);
  if (made != 0 && made != -EEXIST) {
    return fail(fmt::format("cannot make the clsact of {}", interface.name), -made,
                "run as root, or grant CAP_NET_ADMIN");
  }
  bpf_tc_opts filter = our_filter(which);
  filter.prog_fd = program_fd;
  filter.flags = BPF_TC_F_REPLACE;
  if (const int err = bpf_tc_attach(&hook, &filter); err != 0) {
    if (made == 0) remove_clsact(interface.index);
    return fail(fmt::format("cannot attach at TC {} of {}", name_of(which), interface.name), -err,
                "bmc check");
  }
  return TcAttachment{made == 0};
}

std::uint32_t tc_program_id(TcFilter which, int interface_index) {
  const bpf_tc_hook hook = hook_of(which, interface_index);
  bpf_tc_opts filter = our_filter(which);
  return bpf_tc_query(&hook, &filter) == 0 ? filter.prog_id : 0;
}

Result<void> detach_tc(TcFilter which, int interface_index) {
  const bpf_tc_hook hook = hook_of(which, interface_index);
  bpf_tc_opts filter = our_filter(which);
  const int err = bpf_tc_detach(&hook, &filter);
  if (err != 0 && err != -ENOENT && err != -ENODEV && err != -EINVAL) {
    return fail("cannot remove the TC filter", -err);
  }
  return {};
}

void remove_empty_clsact(int interface_index) {
  if (clsact_is_empty(interface_index)) remove_clsact(interface_index);
}

}  // namespace bmc
