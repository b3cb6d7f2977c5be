// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::optional<double> tokens(const std::function<void(RequestBuilder&)>& describe,
                             const char* type = "token-producer") {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, type, "{}", host);
  EndpointSet endpoints;
  endpoints.add_many(2);
  RequestBuilder request;
  describe(request);
  const Produced produced = plugin.produce(endpoints, request);
  EXPECT_THAT(host.misuses(), IsEmpty());
  if (produced.status == SHUNT_SKIP) {
    EXPECT_THAT(produced.values, IsEmpty());
    return std::nullopt;
  }
  EXPECT_THAT(produced, Succeeded());
  return std::get<double>(produced.values.at("prompt_tokens"));
}

TEST(TokenProducer, FourBytesAreAToken) {
  struct Case {
    std::size_t bytes;
    double tokens;
  };
  for (const Case& one : std::vector<Case>{{0, 0}, {1, 1}, {3, 1}, {4, 1}, {5, 2}, {8, 2}, {4001, 1001}}) {
    EXPECT_EQ(tokens([&](RequestBuilder& request) { request.prompt(std::string(one.bytes, 'x')); }), one.tokens)
        << one.bytes;
  }
  EXPECT_EQ(tokens([](RequestBuilder& request) { request.prompt_bytes(41); }), 11) << "of a prompt that is not known";
  EXPECT_EQ(tokens([](RequestBuilder& request) { request.prompt_bytes(std::numeric_limits<std::uint64_t>::max()); }),
            0x1p62);
}

TEST(TokenProducer, WhatWasCountedCounts) {
  EXPECT_EQ(tokens([](RequestBuilder& request) { request.prompt("12345678").prompt_tokens(7); }), 7);
  EXPECT_EQ(tokens([](RequestBuilder& request) { request.prompt("12345678").estimated_prompt_tokens(5); }), 5);
  EXPECT_EQ(tokens([](RequestBuilder& request) { request.prompt("12345678").token_id(1).token_id(2).token_id(3); }), 3);
}

TEST(TokenProducer, ARequestWithoutPromptHasNone) {
  EXPECT_EQ(tokens([](RequestBuilder& request) { request.model("m"); }), std::nullopt);
}

TEST(TokenProducer, HasAFormerName) {
  EXPECT_EQ(tokens([](RequestBuilder& request) { request.prompt("12345678"); }, "tokenizer"), 2);
}

TEST(TokenProducer, AnotherNamePutsItselfInFront) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "token-producer", R"({"estimate": {"image": {"mode": "static"}}})",
                         host, "mine");
  EndpointSet endpoints;
  RequestBuilder request;
  request.prompt("1234");
  EXPECT_EQ(std::get<double>(plugin.produce(endpoints, request).values.at("mine/prompt_tokens")), 1);
}

TEST(TokenProducer, AsksNobody) {
  for (const char* parameters : {R"({"modelName": "llama"})", R"({"vllm": {"url": "http://localhost:8000"}})"}) {
    FakeHost host;
    PluginUnderTest plugin(shunt_library_entry_v1, "token-producer", parameters, host);
    EXPECT_FALSE(plugin.created());
    EXPECT_THAT(plugin.creation().error, HasSubstr("asks a model server")) << parameters;
  }
}

}  // namespace
