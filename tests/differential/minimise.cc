// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "minimise.h"

#include <fmt/format.h>

namespace bmc::differential {
namespace {

using Fails = std::function<bool(const Stream&)>;

/// Tries to leave out runs of @count things, from long runs to single ones.
template <typename Erase>
bool leave_out(Stream& stream, std::size_t count, const Fails& fails, Erase erase) {
  bool is_smaller = false;
  for (std::size_t run = count; run > 0; run /= 2) {
    for (std::size_t at = 0; at + run <= count;) {
      Stream smaller = stream;
      erase(smaller, at, run);
      if (fails(smaller)) {
        stream = std::move(smaller);
        count -= run;
        is_smaller = true;
      } else {
        at += run;
      }
    }
  }
  return is_smaller;
}

bool join(Stream& stream, const Fails& fails) {
  bool is_smaller = false;
  for (std::size_t i = 0; i + 1 < stream.size();) {
    Stream joined = stream;
    joined[i + 1].bytes.insert(0, joined[i].bytes);
    joined.erase(joined.begin() + static_cast<std::ptrdiff_t>(i));
    if (fails(joined)) {
      stream = std::move(joined);
      is_smaller = true;
    } else {
      i++;
    }
  }
  return is_smaller;
}

bool leave_out_bytes(Stream& stream, const Fails& fails) {
  bool is_smaller = false;
  for (std::size_t i = 0; i < stream.size(); i++) {
    is_smaller |=
        leave_out(stream, stream[i].bytes.size(), fails,
                  [i](Stream& s, std::size_t at, std::size_t n) { s[i].bytes.erase(at, n); });
  }
  return is_smaller;
}

}  // namespace

Stream minimise(Stream stream, const Fails& fails) {
  for (bool is_smaller = true; is_smaller;) {
    is_smaller =
        leave_out(stream, stream.size(), fails, [](Stream& s, std::size_t at, std::size_t n) {
          const auto first = s.begin() + static_cast<std::ptrdiff_t>(at);
          s.erase(first, first + static_cast<std::ptrdiff_t>(n));
        });
    is_smaller |= join(stream, fails);
    is_smaller |= leave_out_bytes(stream, fails);
    std::erase_if(stream, [](const Piece& piece) { return piece.bytes.empty(); });
  }
  return stream;
}

std::string dump(const Stream& stream) {
  std::string text;
  for (const Piece& piece : stream) {
    text += fmt::format("piece of {} bytes{}\n", piece.bytes.size(),
                        piece.is_looked_at ? "" : ", not looked at");
    for (std::size_t at = 0; at < piece.bytes.size(); at += 16) {
      std::string hex, print;
      for (const char c : piece.bytes.substr(at, 16)) {
        hex += fmt::format("{:02x} ", static_cast<unsigned char>(c));
        print += c >= 0x20 && c < 0x7f ? c : '.';
      }
      text += fmt::format("  {:04x}  {:<48} {}\n", at, hex, print);
    }
  }
  return text;
}

}  // namespace bmc::differential
