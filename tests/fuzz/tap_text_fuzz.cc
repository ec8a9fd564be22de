// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// The tap's reading of a text line against a second reading, written for
// clearness: the same lines are strict, and a write names the same key and the
// same length of data. The tap may only be stricter.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tap/text.h"

namespace {

using Words = std::vector<std::string>;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "the two readings differ: %s\n", what);
  std::abort();
}

/// The words of the line at the front, if it is whole and strict.
std::optional<Words> strict_words(std::string_view bytes) {
  const size_t end = bytes.find('\n');
  if (end == std::string_view::npos) return {};
  std::string_view line = bytes.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  Words words{""};
  for (const char c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == ' ') {
      words.emplace_back();
    } else if (byte < 0x20 || byte == 0x7f) {
      return {};
    } else {
      words.back() += c;
    }
  }
  for (const std::string& word : words)
    if (word.empty()) return {};
  return words;
}

bool is_one_of(const std::string& name, std::initializer_list<const char*> names) {
  for (const char* candidate : names)
    if (name == candidate) return true;
  return false;
}

std::string text_of(const input& in, word w) {
  return std::string(reinterpret_cast<const char*>(in.bytes) + w.at, w.bytes);
}

void check_write(const input& in, const Words& words) {
  const command& c = in.command;
  require(is_one_of(words[0], {"set", "add", "replace", "append", "prepend", "cas", "delete", "incr",
                               "decr", "touch", "mg", "ms", "md", "ma"}),
          "another command writes");
  require(text_of(in, c.key) == words[1] && words[1].size() <= BMC_KEY_MAX, "key");
  const size_t size_word = words[0] == "ms" ? 2 : 4;
  const bool stores = words[0] == "ms" || is_one_of(words[0], {"set", "add", "replace", "append",
                                                                "prepend", "cas"});
  require(stores == static_cast<bool>(c.has_data), "whether data follows");
  if (stores)
    require(std::to_string(c.data_bytes) == words.at(size_word), "length of the data");
  const bool quiet = words.size() > 2 && words.back() == "noreply" && words[0].size() > 2;
  if (quiet) require(c.answer == ANSWER_QUIET, "noreply");
  if (c.is_stageable && words[0] != "ms" && words[3] != "-1")
    require(std::to_string(c.exptime) == words[3], "exptime");
  if (c.is_base64) require(in.key_bytes > 0 && in.key_bytes <= DECODED_KEY_MAX, "decoded key");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static input in;
  if (size > INPUT_BYTES || size == 0) return 0;
  // Where the line begins in the window, and what lay there before.
  const uint32_t at = data[0] % 64;
  if (at + size > INPUT_BYTES) return 0;
  std::memset(static_cast<void*>(&in), data[0], sizeof(in));
  std::memcpy(in.bytes + at, data + 1, size - 1);
  in.at = at;
  in.filled = at + static_cast<uint32_t>(size) - 1;

  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::optional<Words> words = strict_words(bytes);
  const int line = line_scan(&in);
  require((line == LINE_WHOLE) == words.has_value(), "whether the line is strict");
  if (line != LINE_WHOLE) return 0;
  require(in.words == words->size(), "number of words");
  require(in.next - at == bytes.find('\n') + 1, "end of the line");
  switch (text_command(&in)) {
    case COMMAND_WRITE:
      check_write(in, *words);
      break;
    case COMMAND_WRITE_MANY:
      require(is_one_of(words->front(), {"gat", "gats"}), "gat");
      break;
    case COMMAND_HARMLESS:
      require(!is_one_of(words->front(), {"set", "add", "replace", "append", "prepend", "cas", "delete",
                                          "incr", "decr", "touch", "gat", "gats", "ms", "md", "ma",
                                          "flush_all"}),
              "a write is taken for harmless");
      break;
    default:
      break;
  }
  return 0;
}
