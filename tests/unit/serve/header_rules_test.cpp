// SPDX-License-Identifier: Apache-2.0
#include "serve/front/header_rules.hpp"

#include <shunt/abi/host.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace shunt::host::front {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

HeadFields read(std::string text) {
  HeadFields fields;
  RequestReader reader(fields, 64u << 10);
  error_code problem;
  reader.put(boost::asio::const_buffer(text.data(), text.size()), problem);
  EXPECT_FALSE(problem) << text;
  return fields;
}

std::string upstream(const HeadFields& request, std::span<const Annotation> annotations = {}, bool drop = false,
                     std::string_view key = {}) {
  std::string out;
  write_upstream_head({.request = request,
                       .target = request.target(),
                       .host = "10.0.0.1:8000",
                       .client = "192.0.2.1",
                       .request_id = "r1",
                       .api_key = key,
                       .drop_credentials = drop,
                       .content_length = 3,
                       .annotations = annotations},
                      out);
  return out;
}

TEST(HeaderRulesTest, TheWholeHead) {
  const HeadFields request =
      read("POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\nX-Kept:  v \r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(upstream(request),
            "POST /a?b HTTP/1.1\r\nHost: h\r\nX-Kept: v\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\n"
            "x-request-id: r1\r\nContent-Length: 3\r\n\r\n");
}

TEST(HeaderRulesTest, EverySystemOwnedHeaderIsDroppedInAnyCase) {
  for (const std::string_view name : system_owned_headers()) {
    std::string upper(name);
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    for (const std::string& spelled : {std::string(name), upper}) {
      const std::string out = upstream(read("GET / HTTP/1.1\r\nHost: h\r\n" + spelled + ": 1\r\nx-other: 2\r\n\r\n"));
      EXPECT_THAT(out, Not(HasSubstr(spelled)));
      EXPECT_THAT(out, HasSubstr("x-other: 2"));
    }
  }
}

TEST(HeaderRulesTest, WhatConnectionNamesIsOfTheConnection) {
  const std::string out =
      upstream(read("GET / HTTP/1.1\r\nHost: h\r\nConnection: close, X-A ,x-b\r\nx-a: 1\r\nX-B: 2\r\nX-C: 3\r\n\r\n"));
  EXPECT_THAT(out, Not(HasSubstr("x-a")));
  EXPECT_THAT(out, Not(HasSubstr("X-B")));
  EXPECT_THAT(out, HasSubstr("X-C: 3"));
}

TEST(HeaderRulesTest, TheClientIsTheLastOfThoseItWasForwardedFor) {
  const std::string out = upstream(
      read("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 10.0.0.1, 10.0.0.2\r\nx-forwarded-for: 10.0.0.3\r\n\r\n"));
  EXPECT_THAT(out, HasSubstr("\r\nX-Forwarded-For: 10.0.0.1, 10.0.0.2, 10.0.0.3, 192.0.2.1\r\n"));
}

TEST(HeaderRulesTest, CredentialsOfThisHostAreNotPassedOn) {
  const HeadFields request = read("GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer mine\r\nx-api-key: mine\r\n\r\n");
  EXPECT_THAT(upstream(request), HasSubstr("Authorization: Bearer mine"));
  EXPECT_THAT(upstream(request, {}, true), Not(HasSubstr("mine")));
  EXPECT_THAT(upstream(request, {}, false, "theirs"), HasSubstr("Authorization: Bearer theirs"));
}

TEST(HeaderRulesTest, NoPluginTouchesTheFraming) {
  const std::vector<Annotation> notes = {{SHUNT_NOTE_REQUEST_HEADER, "content-length", "0"},
                                         {SHUNT_NOTE_REQUEST_HEADER, "transfer-encoding", "chunked"},
                                         {SHUNT_NOTE_REQUEST_HEADER, "x-n", "1"},
                                         {SHUNT_NOTE_RESPONSE_HEADER, "x-r", "1"}};
  const std::string out = upstream(read("GET / HTTP/1.1\r\nHost: h\r\nX-N: 0\r\n\r\n"), notes);
  EXPECT_THAT(out, HasSubstr("Content-Length: 3\r\n"));
  EXPECT_THAT(out, Not(HasSubstr("content-length")));
  EXPECT_THAT(out, Not(HasSubstr("chunked")));
  EXPECT_THAT(out, HasSubstr("x-n: 1"));
  EXPECT_THAT(out, Not(HasSubstr("X-N: 0")));
  EXPECT_THAT(out, Not(HasSubstr("x-r:")));
}

TEST(HeaderRulesTest, OwnAnswers) {
  std::string out;
  write_own_answer(
      {.status = 429, .body = "{}", .close = true, .request_id = "r", .dropped_reason = "why", .retry_after_s = 2},
      out);
  EXPECT_EQ(
      out,
      "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n"
      "x-request-id: r\r\nx-llm-d-request-dropped-reason: why\r\nRetry-After: 2\r\n\r\n{}");
}

}  // namespace
}  // namespace shunt::host::front
