// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The interfaces on which we serve: attaches where each of them lets us, tells
// the kernel side their numbers, MAC addresses and VLANs, and follows them when
// they vanish and come back.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "bpf/kernel_side.h"
#include "daemon/notices.h"
#include "net/hook.h"
#include "net/tc_filter.h"

namespace bmc {

struct Attachment {
  std::string interface;  ///< its name
  int index = 0;          ///< 0 while there is none of that name
  bool is_up = false;
  std::optional<Hook> hook;  ///< none while not attached
};

class Attachments {
 public:
  /// @folder: where the instance's pins are now.
  Attachments(const KernelSide& kernel, std::string folder, HookChoice choice,
              const std::vector<std::string>& interfaces, Notices& notices);

  /// Attaches wherever there is an interface, or fails: what is attached already stays as it is.
  /// One that is away is attached by refresh() when it is back, as long as another is there.
  Result<void> attach_all();

  /// The instance was published: its pins have moved.
  void moved_to(std::string folder) { folder_ = std::move(folder); }

  /// Looks at the interfaces again; troubles become notices.
  void refresh();

  const std::vector<Attachment>& list() const { return attachments_; }

 private:
  Result<void> follow(Attachment& attachment, const Interface* present);
  void note(const Attachment& attachment, const Result<void>& done);
  Result<void> attach(Attachment& attachment, const Interface& interface);
  Result<void> attach_at(Hook hook, const Interface& interface);
  Result<void> attach_filter(TcFilter which, const Interface& interface);
  Result<void> remove_orphan(TcFilter which, const Interface& interface);
  Result<void> attach_tcp(const Interface& interface);
  Result<void> refuse_stacks(const std::vector<Interface>& present) const;
  Result<bool> has_filter(TcFilter which, int index) const;
  Result<std::optional<Hook>> attached_hook(int index) const;
  void detach(int index);
  void detach_datagrams(int index);
  Result<void> detach_filter(TcFilter which, int index) const;
  Result<void> detach_filters(int index) const;
  Result<void> reset_flows(int index) const;
  void detach_unwanted(const std::vector<Interface>& present);
  void announce(const bmc_link& link, const Interface& interface, std::uint16_t more_flags);
  void announce_vlans(const std::vector<Interface>& present);
  std::string xdp_pin(int index) const;

  const KernelSide& kernel_;
  std::string folder_;
  HookChoice choice_;
  Notices& notices_;
  std::vector<Attachment> attachments_;
  std::array<std::uint32_t, kTcFilters.size()> tc_programs_{};  ///< ids, by TcFilter
  std::uint32_t xdp_program_ = 0;                               ///< id
};

}  // namespace bmc
