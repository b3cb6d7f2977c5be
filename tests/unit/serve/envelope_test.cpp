// SPDX-License-Identifier: Apache-2.0
#include "serve/front/envelope.hpp"

#include "live/request_counts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace shunt::host::front {
namespace {

TEST(EnvelopeTest, OpenAisForm) {
  EXPECT_EQ(
      envelope({400, "invalid-request", "wrong \"x\"", "messages[0].content"}, "/v1/chat/completions"),
      R"({"error":{"message":"wrong \"x\"","type":"invalid_request_error","param":"messages[0].content","code":"invalid-request"}})");
  EXPECT_EQ(
      envelope({502, "upstream-refused", "none"}, "/"),
      R"({"error":{"message":"none","type":"service_unavailable_error","param":null,"code":"upstream-refused"}})");
}

TEST(EnvelopeTest, AnthropicsFormForItsPath) {
  EXPECT_EQ(envelope({429, "rejected-saturated", "busy"}, "/v1/messages"),
            R"({"type":"error","error":{"type":"rate_limit_error","message":"busy"}})");
  EXPECT_EQ(envelope({429, "rejected-saturated", "busy"}, "/v1/messagesx").find("\"type\":\"error\""),
            std::string::npos);
}

TEST(EnvelopeTest, EveryErrorIsCountedUnderItsOwnName) {
  std::set<std::string_view> seen;
  for (const DoorError& error : door_errors()) {
    EXPECT_TRUE(seen.insert(error.code).second) << error.code;
    EXPECT_NE(std::ranges::find(outcome_codes(), error.code), outcome_codes().end()) << error.code;
    EXPECT_EQ(&door_error(error.code), &error);
    EXPECT_FALSE(reason_phrase(error.status).empty()) << error.status;
    EXPECT_FALSE(error.meaning.empty());
  }
  EXPECT_EQ(door_error("nobody knows").code, "internal-error");
}

}  // namespace
}  // namespace shunt::host::front
