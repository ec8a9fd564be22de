// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "daemon/notices.h"

#include "base/log.h"

namespace bmc {

void Notices::raise(const std::string& topic, std::string text) {
  std::string& current = texts_[topic];
  if (current == text) return;
  spdlog::warn("{}", text);
  current = std::move(text);
}

std::vector<std::string> Notices::texts() const {
  std::vector<std::string> texts;
  for (const auto& [topic, text] : texts_) texts.push_back(text);
  return texts;
}

}  // namespace bmc
