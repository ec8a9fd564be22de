// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "net/pieces.h"

#include <gtest/gtest.h>

#include "model/author.h"

namespace bmc::stream {
namespace {

std::string joined(const std::vector<Piece>& pieces) {
  std::string bytes;
  for (const Piece& piece : pieces) {
    EXPECT_FALSE(piece.bytes.empty());
    bytes += piece.bytes;
  }
  return bytes;
}

TEST(PiecesTest, AreTheRequestsAgainWhenJoined) {
  Random random(1);
  Author author(1, 1, {});
  std::size_t alone = 0, together = 0, cut = 0;
  for (int i = 0; i < 5000; i++) {
    std::vector<Request> requests;
    std::string bytes;
    for (std::uint64_t n = random.between(1, 5); n > 0; n--) {
      requests.push_back(author.next());
      bytes += requests.back().bytes;
    }
    const std::vector<Piece> pieces = into_pieces(requests, 50, random);
    ASSERT_EQ(joined(pieces), bytes);
    cut += !bytes.starts_with(requests[0].bytes + pieces.back().bytes) && pieces.size() > 1 &&
           pieces[0].bytes != requests[0].bytes;
    alone += requests.size() > 1 && pieces.size() == requests.size();
    together += requests.size() > 1 && pieces.size() == 1;
  }
  EXPECT_GT(alone, 500u);
  EXPECT_GT(together, 500u);
  EXPECT_GT(cut, 500u);
}

TEST(PiecesTest, NothingIsCutUnlessAskedFor) {
  Random random(2);
  const Request request{.kind = Kind::kGet, .bytes = "get k\r\n", .reply = "END\r\n"};
  for (int i = 0; i < 1000; i++) {
    for (const Piece& piece : into_pieces({request, request}, 0, random)) {
      EXPECT_EQ(piece.bytes.size() % request.bytes.size(), 0u);
    }
  }
}

}  // namespace
}  // namespace bmc::stream
