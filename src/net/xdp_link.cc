// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "net/xdp_link.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/if_link.h>
#include <unistd.h>

#include <cerrno>

namespace bmc {
namespace {

std::string attach_hint(int err, const Interface& interface) {
  switch (err) {
    case EPERM:
      return "run as root, or grant CAP_NET_ADMIN and CAP_BPF";
    case EBUSY:
      return "--hook tc (another XDP program is on " + interface.name + ")";
    case EOPNOTSUPP:
      return "--hook tc (the driver has no native XDP)";
    default:
      return "--hook tc";
  }
}

}  // namespace

Result<void> attach_xdp(int program_fd, const Interface& interface, XdpMode mode,
                        const std::string& pin) {
  bpf_link_create_opts options{};
  options.sz = sizeof(options);
  options.flags = mode == XdpMode::kNative ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
  const Fd link(bpf_link_create(program_fd, interface.index, BPF_XDP, &options));
  if (!link) {
    const int err = errno;
    return fail(fmt::format("cannot attach XDP to {}", interface.name), err,
                attach_hint(err, interface));
  }
  if (bpf_obj_pin(link.get(), pin.c_str()) != 0) return fail("cannot pin " + pin, errno);
  return {};
}

void detach_xdp(const std::string& pin) {
  if (const Fd link(bpf_obj_get(pin.c_str())); link) bpf_link_detach(link.get());
  ::unlink(pin.c_str());
}

int xdp_link_interface(const std::string& pin) {
  const Fd link(bpf_obj_get(pin.c_str()));
  bpf_link_info info{};
  std::uint32_t length = sizeof(info);
  if (!link || bpf_obj_get_info_by_fd(link.get(), &info, &length) != 0) return 0;
  return info.type == BPF_LINK_TYPE_XDP ? static_cast<int>(info.xdp.ifindex) : 0;
}

bool is_xdp_generic(int interface_index) {
  bpf_xdp_query_opts query{};
  query.sz = sizeof(query);
  return bpf_xdp_query(interface_index, 0, &query) == 0 && query.attach_mode == XDP_ATTACHED_SKB;
}

std::uint32_t xdp_program_id(int interface_index) {
  std::uint32_t id = 0;
  return bpf_xdp_query_id(interface_index, 0, &id) == 0 ? id : 0;
}

}  // namespace bmc
