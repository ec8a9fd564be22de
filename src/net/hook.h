// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Where on an interface requests are caught: at XDP in the driver, at XDP in
// the generic path, or at TC ingress.
#pragma once

#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/interface.h"

namespace bmc {

enum class HookChoice { kAuto, kXdp, kTc };
enum class Hook { kXdpNative, kXdpGeneric, kTc };

Result<HookChoice> parse_hook(std::string_view text);
std::string_view hook_name(Hook hook);

/// What to try, best first. Native XDP pays on hardware only: what veth hands
/// to XDP has no room to grow (docs/kernel-support.md), and everything else
/// arrives at TC anyhow. An XDP program of somebody else keeps its place. None
/// if only XDP is wanted where it cannot tell a VLAN's frames from others.
std::vector<Hook> hooks_to_try(HookChoice choice, const Interface& interface, bool has_foreign_xdp);

}  // namespace bmc
