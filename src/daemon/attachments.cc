// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "daemon/attachments.h"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/log.h"
#include "bpf/map_keys.h"
#include "bpf/pins.h"
#include "daemon/admission.h"
#include "daemon/flow_reset.h"
#include "daemon/serving_pause.h"
#include "net/xdp_link.h"

namespace bmc {
namespace {

std::uint32_t id_of_program(int program_fd) {
  bpf_prog_info info{};
  std::uint32_t length = sizeof(info);
  return bpf_obj_get_info_by_fd(program_fd, &info, &length) == 0 ? info.id : 0;
}

const Interface* find(const std::vector<Interface>& interfaces, const std::string& name) {
  const auto found = std::find_if(interfaces.begin(), interfaces.end(),
                                  [&](const Interface& each) { return each.name == name; });
  return found == interfaces.end() ? nullptr : &*found;
}

Program program_at(TcFilter which) {
  switch (which) {
    case TcFilter::kTcpIn:
      return Program::kTcpIn;
    case TcFilter::kTcpOut:
      return Program::kTcpOut;
    case TcFilter::kUdpIn:
      break;
  }
  return Program::kTc;
}

/// The name of the instance that has the program pinned; empty if none has.
std::string instance_with(Program program, std::uint32_t id) {
  for (const std::string& folder : list_pin_folders()) {
    const std::string pin =
        fmt::format("{}/programs/{}", folder, kProgramNames[static_cast<std::size_t>(program)]);
    const Fd pinned(bpf_obj_get(pin.c_str()));
    if (!pinned || id_of_program(pinned.get()) != id) continue;
    const std::string name = std::filesystem::path(folder).filename();
    return name.starts_with('+') ? name.substr(1) : name;  // of one that is just being attached
  }
  return {};
}

bmc_link untagged(int index) {
  return {static_cast<std::uint32_t>(index), 0};
}

}  // namespace

Attachments::Attachments(const KernelSide& kernel, std::string folder, HookChoice choice,
                         const std::vector<std::string>& interfaces, Notices& notices)
    : kernel_(kernel),
      folder_(std::move(folder)),
      choice_(choice),
      notices_(notices),
      xdp_program_(id_of_program(kernel.fd(Program::kXdp))) {
  for (const TcFilter which : kTcFilters) {
    tc_programs_[static_cast<std::size_t>(which)] = id_of_program(kernel.fd(program_at(which)));
  }
  for (const std::string& name : interfaces) attachments_.push_back({name, 0, false, {}});
}

std::string Attachments::xdp_pin(int index) const {
  return fmt::format("{}/links/xdp-{}", folder_, index);
}

/// What an earlier daemon or an earlier look left on the interface.
Result<std::optional<Hook>> Attachments::attached_hook(int index) const {
  const auto at_tc = has_filter(TcFilter::kUdpIn, index);
  if (!at_tc) return std::unexpected(at_tc.error());
  if (*at_tc) return Hook::kTc;
  if (xdp_link_interface(xdp_pin(index)) != index) return std::nullopt;
  return is_xdp_generic(index) ? Hook::kXdpGeneric : Hook::kXdpNative;
}

void Attachments::announce(const bmc_link& link, const Interface& interface,
                           std::uint16_t more_flags) {
  bmc_interface now{}, before{};
  std::memcpy(now.mac, interface.mac.data(), sizeof(now.mac));
  now.flags =
      static_cast<std::uint16_t>(more_flags | (interface.has_mac ? 0 : BMC_INTERFACE_NO_MAC));
  const int map = kernel_.fd(Map::kInterfaces);
  if (bpf_map_lookup_elem(map, &link, &before) == 0) {
    now.flags |= before.flags & BMC_INTERFACE_CLSACT;
    if (std::memcmp(&now, &before, sizeof(now)) == 0) return;
  }
  bpf_map_update_elem(map, &link, &now, BPF_ANY);
  forget_admissions(kernel_);
}

/// The VLAN devices on the interfaces that we serve: their frames are caught
/// below them, with the tag still on.
void Attachments::announce_vlans(const std::vector<Interface>& present) {
  const auto is_served = [&](int index) {
    return std::any_of(attachments_.begin(), attachments_.end(),
                       [&](const Attachment& each) { return each.hook && each.index == index; });
  };
  std::vector<bmc_link> wanted;
  for (const Interface& each : present) {
    if (each.vlan_id == 0 || !each.is_up || !is_served(each.vlan_of)) continue;
    wanted.push_back({static_cast<std::uint32_t>(each.vlan_of), each.vlan_id});
    announce(wanted.back(), each, 0);
  }
  const int map = kernel_.fd(Map::kInterfaces);
  for (const bmc_link& link : map_keys<bmc_link>(map)) {
    const bool stays = link.vlan == 0 || std::any_of(wanted.begin(), wanted.end(), [&](auto& each) {
                         return each.ifindex == link.ifindex && each.vlan == link.vlan;
                       });
    if (!stays && bpf_map_delete_elem(map, &link) == 0) forget_admissions(kernel_);
  }
}

Result<bool> Attachments::has_filter(TcFilter which, int index) const {
  return has_tc(which, tc_programs_[static_cast<std::size_t>(which)], index);
}

/// A filter for our port is either that of another instance, or its pins were removed by hand,
/// and nobody else takes it away.
Result<void> Attachments::remove_orphan(TcFilter which, const Interface& interface) {
  const std::uint16_t port = kernel_.config().port;
  const auto program = tc_program_id(which, port, interface.index);
  if (!program) return std::unexpected(program.error());
  const std::string owner = instance_with(program_at(which), *program);
  if (owner.empty()) return detach_tc(which, *program, interface.index);
  return fail(fmt::format("instance {} serves port {} on {} already", owner, port, interface.name),
              EEXIST, fmt::format("bmc status --name {0}; bmc detach --name {0}", owner));
}

Result<void> Attachments::attach_filter(TcFilter which, const Interface& interface) {
  const auto attach = [&] {
    return attach_tc(which, kernel_.config().port, kernel_.fd(program_at(which)), interface);
  };
  auto attached = attach();
  if (!attached && attached.error().err == EEXIST) {
    if (auto removed = remove_orphan(which, interface); !removed) return removed;
    attached = attach();
  }
  if (!attached) return std::unexpected(attached.error());
  if (attached->made_clsact) announce(untagged(interface.index), interface, BMC_INTERFACE_CLSACT);
  return {};
}

/// Connections are followed at TC, wherever datagrams are answered.
Result<void> Attachments::attach_tcp(const Interface& interface) {
  if (kernel_.config().serves_tcp == 0) return {};
  for (const TcFilter which : {TcFilter::kTcpOut, TcFilter::kTcpIn}) {
    const auto there = has_filter(which, interface.index);
    if (!there) return std::unexpected(there.error());
    if (*there) continue;
    if (auto done = attach_filter(which, interface); !done) return done;
  }
  return {};
}

Result<void> Attachments::attach_at(Hook hook, const Interface& interface) {
  if (hook == Hook::kTc) return attach_filter(TcFilter::kUdpIn, interface);
  const auto mode = hook == Hook::kXdpNative ? XdpMode::kNative : XdpMode::kGeneric;
  detach_xdp(xdp_pin(interface.index));  // of an interface that had this number before
  return attach_xdp(kernel_.fd(Program::kXdp), interface, mode, xdp_pin(interface.index));
}

Result<void> Attachments::attach(Attachment& attachment, const Interface& interface) {
  const std::uint32_t there = xdp_program_id(interface.index);
  const auto hooks = hooks_to_try(choice_, interface, there != 0 && there != xdp_program_);
  if (hooks.empty()) {
    return fail(fmt::format("{} takes VLAN tags out of frames before XDP sees them, and has VLANs",
                            interface.name),
                0, fmt::format("ethtool -K {} rxvlan off, or --hook tc", interface.name));
  }
  Result<void> done;
  announce(untagged(interface.index), interface,
           0);  // before a filter is there, so that tear_down() finds it
  if (done = attach_tcp(interface); !done) return done;
  for (const Hook hook : hooks) {
    done = attach_at(hook, interface);
    if (!done && done.error().err == EBUSY && choice_ == HookChoice::kXdp) break;
    if (!done) continue;
    attachment.hook = hook;
    spdlog::info("attached to {} at {}", interface.name, hook_name(hook));
    if (hook == Hook::kXdpGeneric) {
      spdlog::warn("{} has no native XDP: --hook tc is faster there", interface.name);
    }
    return {};
  }
  detach(interface.index);
  return done;
}

Result<void> Attachments::detach_filter(TcFilter which, int index) const {
  return detach_tc(which, tc_programs_[static_cast<std::size_t>(which)], index);
}

/// All of them are tried; a failure if one may still be there.
Result<void> Attachments::detach_filters(int index) const {
  Result<void> done;
  for (const TcFilter which : kTcFilters) {
    if (auto detached = detach_filter(which, index); !detached) done = detached;
  }
  return done;
}

/// Where nothing translates them any more, connections would hang.
Result<void> Attachments::reset_flows(int index) const {
  if (kernel_.config().serves_tcp == 0) return {};
  auto flows = translated_flows(kernel_.fd(Map::kFlows));
  std::erase_if(flows, [&](const Flow& flow) {
    return flow.second.ifindex != static_cast<std::uint32_t>(index);
  });
  if (flows.empty()) return {};
  spdlog::warn(
      "BMC leaves interface number {}: {} TCP connections on which something was "
      "answered are reset",
      index, flows.size());
  if (auto reset = reset_connections(flows); !reset) return reset;
  let_clients_return();
  return {};
}

/// Translation goes on: it has no gap when datagrams are to be answered at another hook.
void Attachments::detach_datagrams(int index) {
  (void)detach_filter(TcFilter::kUdpIn, index);
  detach_xdp(xdp_pin(index));
}

void Attachments::detach(int index) {
  std::optional<ServingPause> pause;  // or connections would be served that nobody resets
  if (has_filter(TcFilter::kTcpIn, index).value_or(true)) pause.emplace(kernel_.state());
  if (const auto reset = reset_flows(index); !reset) {
    spdlog::warn("not all of them, so TCP goes on there: {}", reset.error().what);
    return detach_datagrams(index);
  }
  bmc_interface value{};
  const bmc_link link = untagged(index);
  const int map = kernel_.fd(Map::kInterfaces);
  const bool made_clsact =
      bpf_map_lookup_elem(map, &link, &value) == 0 && (value.flags & BMC_INTERFACE_CLSACT) != 0;
  const auto filters = detach_filters(index);
  if (made_clsact) remove_empty_clsact(index);
  detach_xdp(xdp_pin(index));
  if (!filters) {  // the interface stays known, so that they are found again
    spdlog::warn("BMC does not leave interface number {} yet: {}", index, filters.error().what);
    return;
  }
  if (bpf_map_delete_elem(map, &link) == 0) forget_admissions(kernel_);
}

/// Interfaces that an earlier daemon served, or that are no more.
void Attachments::detach_unwanted(const std::vector<Interface>& present) {
  for (const bmc_link& link : map_keys<bmc_link>(kernel_.fd(Map::kInterfaces))) {
    const auto index = static_cast<int>(link.ifindex);
    if (link.vlan != 0) continue;
    const bool wanted = std::any_of(present.begin(), present.end(), [&](const Interface& each) {
      return each.index == index &&
             std::any_of(attachments_.begin(), attachments_.end(),
                         [&](const Attachment& a) { return a.interface == each.name; });
    });
    if (!wanted) detach(index);
  }
}

Result<void> Attachments::follow(Attachment& attachment, const Interface* present) {
  if (present == nullptr) {
    attachment = {attachment.interface, 0, false, {}};
    return fail(
        fmt::format("interface {} is gone: serving there when it is back", attachment.interface));
  }
  attachment.index = present->index;
  attachment.is_up = present->is_up;
  const auto found = attached_hook(present->index);
  if (!found) return std::unexpected(found.error());
  const std::optional<Hook>& attached = *found;
  const std::uint32_t xdp = xdp_program_id(present->index);
  const auto wanted = hooks_to_try(choice_, *present, xdp != 0 && xdp != xdp_program_);
  if (attached && std::find(wanted.begin(), wanted.end(), *attached) != wanted.end()) {
    attachment.hook = attached;
    announce(untagged(present->index), *present, 0);
    if (auto done = attach_tcp(*present); !done) return done;
  } else {
    attachment.hook.reset();
    if (attached) detach_datagrams(present->index);
    if (auto done = attach(attachment, *present); !done) return done;
  }
  if (!present->is_up) return fail(fmt::format("interface {} is down", attachment.interface));
  return {};
}

/// A segment is translated once: where it passes two of the interfaces, it is not
/// known which of them is to do it.
Result<void> Attachments::refuse_stacks(const std::vector<Interface>& present) const {
  if (kernel_.config().serves_tcp == 0) return {};
  for (const Attachment& one : attachments_) {
    for (const Attachment& two : attachments_) {
      const Interface *a = find(present, one.interface), *b = find(present, two.interface);
      if (a == nullptr || b == nullptr || a == b || !a->is_stacked_with(*b)) continue;
      return fail(fmt::format("{} and {} stand one on the other: BMC serves TCP on "
                              "one of them only",
                              a->name, b->name),
                  0,
                  fmt::format("-i {}, or --tcp off for datagrams on both",
                              a->master == b->index || a->vlan_of == b->index ? a->name : b->name),
                  ExitCode::kUsage);
    }
  }
  return {};
}

/// What is wrong with an interface becomes a notice.
void Attachments::note(const Attachment& attachment, const Result<void>& done) {
  const std::string topic = "interface " + attachment.interface;
  if (done) {
    notices_.settle(topic);
  } else {
    notices_.raise(topic, done.error().what);
  }
}

Result<void> Attachments::attach_all() {
  const auto present = list_interfaces();
  if (!present) return std::unexpected(present.error());
  if (auto fit = refuse_stacks(*present); !fit) return fit;
  detach_unwanted(*present);
  bool any = false;
  for (Attachment& attachment : attachments_) {
    const Interface* interface = find(*present, attachment.interface);
    const auto done = follow(attachment, interface);
    if (interface != nullptr && !attachment.hook) return done;
    any = any || interface != nullptr;
    note(attachment, done);
  }
  if (!any) return fail("none of the interfaces is there", 0, "ip link; bmc run -i");
  announce_vlans(*present);
  return {};
}

void Attachments::refresh() {
  const auto present = list_interfaces();
  if (!present) {
    notices_.raise("interfaces", present.error().what);
    return;
  }
  notices_.settle("interfaces");
  detach_unwanted(*present);
  for (Attachment& attachment : attachments_) {
    note(attachment, follow(attachment, find(*present, attachment.interface)));
  }
  announce_vlans(*present);
}

}  // namespace bmc
