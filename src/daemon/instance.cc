// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "daemon/instance.h"

#include <filesystem>

#include "base/log.h"
#include "bpf/pins.h"
#include "daemon/teardown.h"

namespace bmc {

Result<void> Instance::open() {
  auto kernel = KernelSide::open(folder_);
  if (!kernel) return std::unexpected(kernel.error());
  auto tap = TapLinks::open(folder_);
  if (!tap) return std::unexpected(tap.error());
  kernel_.emplace(std::move(*kernel));
  tap_.emplace(std::move(*tap));
  return {};
}

/// Nothing if there is none, or none that can be continued.
std::optional<Instance> Instance::adopt(const RunOptions& options) {
  Instance instance;
  instance.folder_ = instance.published_folder_ = pin_folder(options.name);
  instance.adopted_ = true;
  if (!std::filesystem::exists(instance.folder_)) return std::nullopt;
  const auto opened = instance.open();
  if (!opened) {
    spdlog::info("the pinned instance is replaced: {}", opened.error().what);
    return std::nullopt;
  }
  const auto plan = plan_object(options.object);
  const KernelSide& kernel = instance.kernel();
  if (!plan || kernel.manifest() != *plan) {
    spdlog::info(
        "the pinned instance is replaced: it was made with other options or by another build");
    return std::nullopt;
  }
  if (kernel.state().doubt != BMC_DOUBT_NONE || instance.tap().doubt(kernel, instance.folder())) {
    spdlog::info("the pinned instance is replaced: its tap may have lost an event");
    return std::nullopt;
  }
  atomic(kernel.state().stopped).fetch_and(~std::uint32_t{BMC_STOP_DETACH});
  return instance;
}

Result<Instance> Instance::load(const RunOptions& options) {
  Instance instance;
  instance.published_folder_ = pin_folder(options.name);
  instance.folder_ = unpublished_pin_folder(options.name);
  for (const std::string& leftover : {instance.folder_, instance.published_folder_}) {
    // A connection cannot be handed to another load's maps.
    if (auto gone = tear_down(leftover, Connections::kReset); !gone) {
      return std::unexpected(gone.error());
    }
  }
  if (auto made = make_pin_folder(instance.folder_); !made) return std::unexpected(made.error());
  if (auto loaded = load_object(options.object, instance.folder_); !loaded) {
    return std::unexpected(loaded.error());
  }
  auto kernel = KernelSide::open(instance.folder_);
  if (!kernel) return std::unexpected(kernel.error());
  // Before anything is attached: nothing is served until memcached is armed,
  // and connections to the port are followed from their first packet.
  bmc_state& state = kernel->state();
  state.stopped = BMC_STOP_UNARMED;
  state.report_after = 1;
  state.ports[0] = options.port();
  if (auto attached = attach_tap(*kernel, instance.folder_); !attached) {
    return std::unexpected(attached.error());
  }
  if (auto opened = instance.open(); !opened) return std::unexpected(opened.error());
  return instance;
}

Result<Instance> Instance::adopt_or_load(const RunOptions& options) {
  if (auto mounted = mount_bpf_fs(); !mounted) return std::unexpected(mounted.error());
  if (auto adopted = adopt(options)) return std::move(*adopted);
  auto loaded = load(options);
  if (!loaded) (void)tear_down(unpublished_pin_folder(options.name), Connections::kReset);
  return loaded;
}

Result<void> Instance::publish() {
  if (folder_ == published_folder_) return {};
  if (auto published = publish_pins(folder_, published_folder_); !published) return published;
  folder_ = published_folder_;
  return {};
}

}  // namespace bmc
