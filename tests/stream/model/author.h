// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Makes the requests of one connection and knows every byte of what is to be answered: the keys
// are nobody else's, memcached executes a connection's requests in their order, and nothing
// expires. It needs a memcached that has room for all and has not seen this seed before.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/random.h"
#include "model/request.h"

namespace bmc::stream {

struct Habits {
  std::uint32_t read_percent = 80;
};

/// What every connection's first request begins with.
inline constexpr std::string_view kHelloStart = "mg bmc-stream-";

class Author {
 public:
  Author(std::uint64_t seed, std::uint32_t connection, const Habits& habits);

  /// Of the connection's @generation: those before it are closed.
  Request hello(std::uint32_t generation) const;
  Request next();
  /// With a reply that shows that all before it are done.
  static Request last();

 private:
  struct Item {
    std::string key;
    bool is_there = false;
    std::uint32_t flags = 0;
    std::string value;
  };

  Item& draw_item();
  Item& draw_counter();
  Request read();
  Request write();
  Request get();
  Request multi_get();
  Request meta_get();
  Request set(Item& item, bool is_quiet);
  Request meta_set(Item& item, bool is_quiet);
  Request erase(Item& item);
  Request touch();
  Request incr();
  void store(Item& item);

  std::string name_;
  Habits habits_;
  Random random_;
  std::vector<Item>
      items_;  ///< then the large ones, then those that are never stored, then counters
  std::optional<Request> then_;  ///< has to follow the last one
};

}  // namespace bmc::stream
