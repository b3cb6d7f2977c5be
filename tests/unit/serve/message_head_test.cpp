// SPDX-License-Identifier: Apache-2.0
#include "serve/front/message_head.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

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

// In a message that comes in in pieces of `size`.
std::uint64_t event_ends(std::initializer_list<std::string_view> chunks, std::size_t size) {
  std::string message = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string_view chunk : chunks) {
    message += std::to_string(chunk.size()) + "\r\n" + std::string(chunk) + "\r\n";  // all below ten bytes
  }
  message += "0\r\n\r\n";
  HeadFields fields;
  ResponseReader reader(fields, 64u << 10);
  reader.eager(true);
  std::string waiting;
  for (std::size_t at = 0; at < message.size() && !reader.is_done(); at += size) {
    waiting += message.substr(at, size);
    error_code problem;
    reader.piece().clear();
    waiting.erase(0, reader.put(boost::asio::const_buffer(waiting.data(), waiting.size()), problem));
  }
  return reader.event_ends();
}

TEST(MessageHeadTest, ChunksThatEndWhereAnEventDoes) {
  for (std::size_t size = 1; size < 60; ++size) {
    EXPECT_EQ(event_ends({"data\n\n", "data", "data\n", "\n"}, size), 2U) << size;
    EXPECT_EQ(event_ends({"\n", "x", "\n"}, size), 0U) << size;
  }
  EXPECT_EQ(event_ends({"a\r\n\r\n", "a\r\n", "a\n\nb\n\n"}, 1000), 2U);
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
