// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "data/response_reader.hpp"

namespace {

using shunt::host::ResponseReader;
using shunt::host::SpareBodies;
using Step = ResponseReader::Step;

struct Read {
  Step step = Step::More;
  std::uint32_t status = 0;
  std::string type;
  std::string body;
  bool keeps_alive = false;
};

// In pieces of `size`; the bytes of each are gone when the next comes.
Read read(const std::string& text, std::size_t size, bool ended = false, std::uint64_t limit = 1000) {
  SpareBodies spare;
  ResponseReader reader(spare);
  reader.begin(limit);
  Read out;
  std::string piece;
  for (std::size_t at = 0; at < text.size() && out.step == Step::More; at += size) {
    piece = text.substr(at, size);
    out.step = reader.feed(piece);
    if (out.step == Step::Done) break;
    piece.assign(piece.size(), '?');
  }
  if (ended && out.step == Step::More) out.step = reader.end_of_stream();
  out.status = reader.status();
  out.type = reader.content_type();
  out.body = reader.body();
  out.keeps_alive = reader.keeps_alive();
  return out;
}

TEST(ResponseReader, ReadsResponsesWhateverThePieces) {
  struct Case {
    const char* text;
    bool ended;
    std::uint32_t status;
    const char* type;
    const char* body;
    bool keeps_alive;
  };
  const Case cases[] = {
      {"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nhello world", false, 200, "text/plain",
       "hello world", true},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, 200, "", "", true},
      {"HTTP/1.1 204 No Content\r\n\r\n", false, 204, "", "", true},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n", false, 200,
       "", "hello world", true},
      {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", false, 200, "", "ok", false},
      {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", false, 200, "", "ok", false},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno", false, 503, "", "no", true},
      {"HTTP/1.1 200 OK\r\n\r\nuntil the end", true, 200, "", "until the end", false},
      {"HTTP/1.1 404 \r\nContent-Length: 1\r\n\r\nx", false, 404, "", "x", true},
  };
  for (const Case& one : cases) {
    for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{1000}}) {
      const Read got = read(one.text, size, one.ended);
      EXPECT_EQ(got.step, Step::Done) << one.text << " by " << size;
      EXPECT_EQ(got.status, one.status) << one.text;
      EXPECT_EQ(got.type, one.type) << one.text;
      if (size == 1000) {
        EXPECT_EQ(got.body, one.body) << one.text;
      }
      if (!one.ended) {
        EXPECT_EQ(got.keeps_alive, one.keeps_alive) << one.text;
      }
    }
  }
}

TEST(ResponseReader, PutsABodyTogether) {
  std::string body;
  for (int i = 0; i < 500; ++i) body += static_cast<char>('a' + i % 26);
  const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + body;
  SpareBodies spare;
  ResponseReader reader(spare);
  for (int round = 0; round < 3; ++round) {
    reader.begin(1000);
    for (std::size_t at = 0; at < text.size(); at += 100) {
      std::string piece = text.substr(at, 100);
      const Step step = reader.feed(piece);
      if (step == Step::Done) {
        EXPECT_EQ(reader.body(), body);
      }
    }
    reader.release();
    EXPECT_TRUE(reader.body().empty());
  }
}

TEST(ResponseReader, TellsWhatIsNotHttp) {
  for (const char* text : {"hello\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "\0\0\0\0\0\0\0\0",
                           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"}) {
    EXPECT_EQ(read(text, 1000, true).step, Step::Malformed) << text;
  }
}

TEST(ResponseReader, ATruncatedResponseIsNone) {
  for (const char* text : {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", "HTTP/1.1 200",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", ""}) {
    EXPECT_EQ(read(text, 1000, true).step, Step::Malformed) << text;
  }
}

TEST(ResponseReader, HasLimits) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", 1000).step, Step::TooLarge);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\n\r\n" + std::string(2000, 'x'), 100).step, Step::TooLarge);
  std::string chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 200; ++i) chunks += "a\r\n0123456789\r\n";
  EXPECT_EQ(read(chunks, 64).step, Step::TooLarge);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x'), 1000).step, Step::TooLarge);
}

TEST(ResponseReader, WhatFollowsTheResponseSpoilsTheConnection) {
  const Read got = read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200", 1000);
  EXPECT_EQ(got.step, Step::Done);
  EXPECT_EQ(got.body, "ok");
  EXPECT_FALSE(got.keeps_alive);
}

}  // namespace
