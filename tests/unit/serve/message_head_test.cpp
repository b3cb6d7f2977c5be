// SPDX-License-Identifier: Apache-2.0
#include "serve/front/message_head.hpp"

#include <gtest/gtest.h>

#include <string>

namespace shunt::host::front {
namespace {

// The body as it comes out when the message comes in in pieces of `size`.
std::string body_of(std::string message, std::size_t size) {
  HeadFields fields;
  ResponseReader reader(fields, 64u << 10);
  reader.eager(true);
  std::string waiting;
  std::string body;
  for (std::size_t at = 0; at < message.size() && !reader.is_done(); at += size) {
    waiting += message.substr(at, size);
    error_code problem;
    reader.piece().clear();
    const std::size_t used = reader.put(boost::asio::const_buffer(waiting.data(), waiting.size()), problem);
    EXPECT_TRUE(!problem || problem == http::error::need_more) << problem.message();
    body.append(reader.piece().data(), reader.piece().size());
    waiting.erase(0, used);
  }
  EXPECT_TRUE(reader.is_done());
  return body;
}

TEST(MessageHeadTest, ChunksAreTheSameBodyInPiecesOfAnySize) {
  const std::string message =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=\"y\"\r\nd\r\nA\r\n0123456789\r\n0\r\nT: "
      "1\r\n\r\n";
  for (std::size_t size = 1; size <= message.size(); ++size)
    EXPECT_EQ(body_of(message, size), "abcd0123456789") << size;
}

TEST(MessageHeadTest, Tokens) {
  EXPECT_TRUE(has_token("a, Upgrade ,b", "upgrade"));
  EXPECT_FALSE(has_token("upgrades", "upgrade"));
  EXPECT_FALSE(has_token("", "upgrade"));
}

TEST(MessageHeadTest, FoldedLines) {
  EXPECT_TRUE(has_folded_line("A: 1\r\n 2\r\n"));
  EXPECT_TRUE(has_folded_line("A: 1\r\n\t2\r\n"));
  EXPECT_FALSE(has_folded_line("A: 1\r\nB: 2\r\n\r\n"));
}

}  // namespace
}  // namespace shunt::host::front
