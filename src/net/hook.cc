// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "net/hook.h"

#include <fmt/format.h>

namespace bmc {

Result<HookChoice> parse_hook(std::string_view text) {
  if (text == "auto") return HookChoice::kAuto;
  if (text == "xdp") return HookChoice::kXdp;
  if (text == "tc") return HookChoice::kTc;
  return fail(fmt::format("'{}' is no hook", text), 0, "--hook auto, xdp or tc", ExitCode::kUsage);
}

std::string_view hook_name(Hook hook) {
  switch (hook) {
    case Hook::kXdpNative:
      return "xdp";
    case Hook::kXdpGeneric:
      return "xdp-generic";
    case Hook::kTc:
      return "tc";
  }
  return "?";
}

std::vector<Hook> hooks_to_try(HookChoice choice, const Interface& interface,
                               bool has_foreign_xdp) {
  switch (choice) {
    case HookChoice::kXdp:
      if (interface.hides_tags) return {};
      return {Hook::kXdpNative, Hook::kXdpGeneric};
    case HookChoice::kTc:
      return {Hook::kTc};
    case HookChoice::kAuto:
      break;
  }
  if (interface.is_nic() && !has_foreign_xdp && !interface.hides_tags) return {Hook::kXdpNative, Hook::kTc};
  return {Hook::kTc};
}

}  // namespace bmc
