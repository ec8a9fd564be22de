// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What is wrong or reduced at the moment, for `bmc status`; each is logged when
// it comes up and when its text changes, not every time it is found again.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace bmc {

class Notices {
 public:
  /// @topic: under which the same trouble is found again, e.g. "interface eth0".
  void raise(const std::string& topic, std::string text);
  void settle(const std::string& topic) { texts_.erase(topic); }

  std::vector<std::string> texts() const;

 private:
  std::map<std::string, std::string> texts_;
};

}  // namespace bmc
