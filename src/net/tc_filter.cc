// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "net/tc_filter.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "net/netlink.h"

namespace bmc {
namespace {

// Behind what a container network puts at priority 1, before what tc(8)
// numbers by itself, from 49152 downwards.
constexpr std::uint32_t kPriority = 11211;

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

constexpr std::uint32_t kIngress = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
constexpr std::uint32_t kEgress = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS);

/// Calls @each for every filter there, of whatever kind.
Result<void> list_filters(int interface_index, std::uint32_t parent,
                          const std::function<void(const nlmsghdr&)>& each) {
  tcmsg request{};
  request.tcm_ifindex = interface_index;
  request.tcm_parent = parent;
  return netlink_dump(RTM_GETTFILTER, std::as_bytes(std::span(&request, 1)), each);
}

bool has_filters(int interface_index, std::uint32_t parent) {
  bool any = false;
  const auto done = list_filters(interface_index, parent, [&](const nlmsghdr&) { any = true; });
  return any || !done;
}

bool clsact_is_empty(int interface_index) {
  return !has_filters(interface_index, kIngress) && !has_filters(interface_index, kEgress);
}

std::uint32_t handle_of(TcFilter which, std::uint16_t port) {
  return std::uint32_t{port} << 8 | (which == TcFilter::kTcpIn ? 1 : 0);
}

struct Filter {
  std::uint32_t handle = 0;
  std::uint32_t program_id = 0;
  std::uint32_t priority = 0;
};

/// The BPF filters at that hook.
Result<std::vector<Filter>> list_programs(TcFilter which, int interface_index) {
  std::vector<Filter> filters;
  const std::uint32_t parent = which == TcFilter::kTcpOut ? kEgress : kIngress;
  const auto listed = list_filters(interface_index, parent, [&](const nlmsghdr& message) {
    tcmsg head{};
    if (message.nlmsg_len < NLMSG_LENGTH(sizeof(head))) return;
    std::memcpy(&head, NLMSG_DATA(&message), sizeof(head));
    const Attribute options = find_attribute(attributes_behind<tcmsg>(message), TCA_OPTIONS);
    const std::uint32_t id = attribute_u32(find_attribute(options, TCA_BPF_ID));
    if (id != 0) filters.push_back({head.tcm_handle, id, TC_H_MAJ(head.tcm_info) >> 16});
  });
  const bool is_gone = !listed && listed.error().err == ENODEV;  // the interface, with its filters
  if (!listed && !is_gone) return std::unexpected(listed.error());
  return filters;
}

/// The handle of the program's filter; nothing if it has none there.
Result<std::optional<std::uint32_t>> find_handle(TcFilter which, std::uint32_t program_id,
                                                 int interface_index) {
  const auto filters = list_programs(which, interface_index);
  if (!filters) return std::unexpected(filters.error());
  for (const Filter& each : *filters) {
    if (each.program_id == program_id) return each.handle;
  }
  return std::nullopt;
}

void remove_clsact(int interface_index) {
  bpf_tc_hook hook = hook_of(TcFilter::kUdpIn, interface_index);
  hook.attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS);
  bpf_tc_hook_destroy(&hook);
}

}  // namespace

Result<TcAttachment> attach_tc(TcFilter which, std::uint16_t port, int program_fd,
                               const Interface& interface) {
  bpf_tc_hook hook = hook_of(which, interface.index);
  const int made = bpf_tc_hook_create(&hook);
  if (made != 0 && made != -EEXIST) {
    return fail(fmt::format("cannot make the clsact of {}", interface.name), -made,
                "run as root, or grant CAP_NET_ADMIN");
  }
  bpf_tc_opts filter{};
  filter.sz = sizeof(filter);
  filter.handle = handle_of(which, port);
  filter.priority = kPriority;
  filter.prog_fd = program_fd;
  if (const int err = bpf_tc_attach(&hook, &filter); err != 0) {
    if (made == 0) remove_clsact(interface.index);
    return fail(fmt::format("cannot attach at TC {} of {}", name_of(which), interface.name), -err,
                "bmc check");
  }
  return TcAttachment{made == 0};
}

Result<std::uint32_t> tc_program_id(TcFilter which, std::uint16_t port, int interface_index) {
  const auto filters = list_programs(which, interface_index);
  if (!filters) return std::unexpected(filters.error());
  for (const Filter& each : *filters) {
    if (each.priority == kPriority && each.handle == handle_of(which, port)) return each.program_id;
  }
  return 0;
}

Result<bool> has_tc(TcFilter which, std::uint32_t program_id, int interface_index) {
  const auto handle = find_handle(which, program_id, interface_index);
  if (!handle) return std::unexpected(handle.error());
  return handle->has_value();
}

Result<void> detach_tc(TcFilter which, std::uint32_t program_id, int interface_index) {
  const auto handle = find_handle(which, program_id, interface_index);
  if (!handle) return std::unexpected(handle.error());
  if (!*handle) return {};
  const bpf_tc_hook hook = hook_of(which, interface_index);
  bpf_tc_opts filter{};
  filter.sz = sizeof(filter);
  filter.handle = **handle;
  filter.priority = kPriority;
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
