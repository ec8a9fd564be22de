// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

// The tap's request parsers as a test sees them: bytes in, a command out. The
// window is filled with rubbish first, as it is in the kernel after other
// connections.

#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "tap/binary.h"
#include "tap/text.h"

namespace bmc::tap {

class Understood {
 public:
  /// Puts @bytes into the window, behind @offset bytes of rubbish.
  explicit Understood(std::string_view bytes, uint32_t offset = 0)
      : input_(std::make_unique<input>()) {
    std::memset(static_cast<void*>(input_.get()), 0xA5, sizeof(input));
    std::memcpy(input_->bytes + offset, bytes.data(), bytes.size());
    input_->at = offset;
    input_->filled = offset + static_cast<uint32_t>(bytes.size());
  }

  Understood& scan_line() {
    line_ = line_scan(input_.get());
    return *this;
  }

  Understood& skip_line() {
    line_ = line_skip(input_.get());
    return *this;
  }

  Understood& scan_text() {
    scan_line();
    if (line_ == LINE_WHOLE) text_command(input_.get());
    return *this;
  }

  Understood& scan_binary() {
    line_ = binary_scan(input_.get());
    return *this;
  }

  int line() const { return line_; }
  uint32_t words() const { return input_->words; }
  uint32_t taken() const { return input_->next - input_->at; }
  const command& what() const { return input_->command; }
  bool is_get() const { return text_is_get(input_.get()); }

  std::string word(uint32_t index) const { return text_of(line_word(input_.get(), index)); }
  std::string text_of(struct word word) const {
    return std::string(reinterpret_cast<const char*>(input_->bytes) + word.at, word.bytes);
  }

  /// The key as the cache will hash it.
  std::string key() const {
    if (!what().is_base64) return text_of(what().key);
    return std::string(reinterpret_cast<const char*>(input_->key), input_->key_bytes);
  }

 private:
  std::unique_ptr<input> input_;
  int line_ = LINE_OPEN;
};

inline Understood understood(std::string_view line) {
  Understood result(line, 100);
  result.scan_text();
  return result;
}

}  // namespace bmc::tap
