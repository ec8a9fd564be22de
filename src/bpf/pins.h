// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Where an instance's kernel objects are pinned, so that they outlive the
// daemon: /sys/fs/bpf/bmc/NAME/{maps,programs,links}/. A folder is built under
// another name and published by one rename, so that NAME is whole or absent.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace bmc {

/// Letters, digits, '-' and '_': the BPF file system refuses dots.
bool is_instance_name(std::string_view name);

std::string pin_folder(std::string_view name);
std::string unpublished_pin_folder(std::string_view name);

/// Mounts the BPF file system if nobody has yet.
Result<void> mount_bpf_fs();

Result<void> make_pin_folder(const std::string& folder);
Result<void> publish_pins(const std::string& from, const std::string& to);

/// Removes the folder and all pins in it; none there is no error.
Result<void> remove_pins(const std::string& folder);

/// Names of the pins in one of the folders maps, programs, links.
std::vector<std::string> list_pins(const std::string& folder);

/// The folders of all instances, published or not.
std::vector<std::string> list_pin_folders();

/// Names of instances, sorted.
struct PinnedInstances {
  std::vector<std::string> published;
  std::vector<std::string>
      unpublished;  ///< being made, or left by who was killed while making them
};

/// Fails if we may not look.
Result<PinnedInstances> list_instances();

}  // namespace bmc
