// SPDX-License-Identifier: Apache-2.0
#include "core/request_body.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/requests_file.hpp"
#include "golden.hpp"

namespace shunt::host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::lines_of;

// Line ends in `body` are for the eye only.
Request with_body(std::string body, const std::string& more = "") {
  std::erase(body, '\n');
  Diagnostics diagnostics;
  auto requests = read_requests("r.jsonl", R"({"id":"r1",)" + more + R"("body":)" + body + "}\n", diagnostics);
  EXPECT_THAT(lines_of(diagnostics), IsEmpty()) << body;
  return requests.empty() ? Request{} : std::move(requests.front());
}

std::vector<std::string> problems_of(const std::string& body) {
  Diagnostics diagnostics;
  read_requests("r.jsonl", R"({"id":"r1","body":)" + body + "}\n", diagnostics);
  return lines_of(diagnostics);
}

TEST(Body, ChatMessagesAreJoinedWithTheirRoles) {
  const Request r = with_body(R"({"model":"base","messages":[{"role":"system","content":"Be brief."},
    {"role":"user","content":"hi"}],"max_tokens":64,"stream":true,"user":"u","cache_salt":"s","temperature":0.5})");
  EXPECT_EQ(r.prompt, "system\nBe brief.\nuser\nhi\n");
  EXPECT_TRUE(r.has_prompt);
  EXPECT_EQ(r.model, "base");
  EXPECT_EQ(r.max_tokens, 64U);
  EXPECT_TRUE(r.streaming);
  EXPECT_EQ(r.user, "u");
  EXPECT_EQ(r.cache_salt, "s");
  EXPECT_EQ(r.type, "chat");
  EXPECT_FALSE(r.prompt_tokens.has_value()) << "a text is not counted, and not guessed";
  EXPECT_FALSE(r.input_bytes.has_value());
  EXPECT_FALSE(r.batch_size.has_value());
}

TEST(Body, ALongerConversationBeginsWithTheShorterOne) {
  const std::string one = R"({"role":"user","content":"hi"})";
  const std::string two = R"({"role":"assistant","content":"hello"})";
  EXPECT_TRUE(with_body(R"({"messages":[)" + one + "," + two + "]}")
                  .prompt.starts_with(with_body(R"({"messages":[)" + one + "]}").prompt));
}

TEST(Body, ContentPartsAndMedia) {
  const Request r = with_body(
      R"({"messages":[{"role":"user","content":[{"type":"text","text":"what is "},{"type":"image_url","image_url":{"url":"x"}},
      {"type":"text","text":"this?"}]}]})");
  EXPECT_EQ(r.prompt, "user\nwhat is this?\n");
  EXPECT_TRUE(r.multimodal);
  EXPECT_FALSE(with_body(R"({"messages":[{"role":"user","content":[{"type":"text","text":"a"}]}]})").multimodal);
}

TEST(Body, ToolMessagesAndCalls) {
  const Request r = with_body(
      R"({"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"c1","function":{"name":"f"}}]},
      {"role":"tool","tool_call_id":"c1","content":"42"}]})");
  EXPECT_EQ(r.prompt, "assistant\n{\"id\":\"c1\",\"function\":{\"name\":\"f\"}}\ntool\n42\n");
}

TEST(Body, CompletionsTakeAllFormsOfPrompt) {
  EXPECT_EQ(with_body(R"({"prompt":"once"})").prompt, "once");
  EXPECT_EQ(with_body(R"({"prompt":["once","upon"]})").prompt, "once\nupon");
  const Request ids = with_body(R"({"prompt":[1,2,3]})");
  EXPECT_THAT(ids.token_ids, ElementsAre(1U, 2U, 3U));
  EXPECT_EQ(ids.prompt_tokens, 3U);
  EXPECT_FALSE(ids.prompt_tokens_estimated);
  EXPECT_FALSE(ids.has_prompt);
  EXPECT_THAT(with_body(R"({"prompt":[[1,2],[3]]})").token_ids, ElementsAre(1U, 2U, 3U));
  EXPECT_EQ(ids.type, "generate");
}

TEST(Body, AnEmptyPromptIsAPrompt) {
  const Request r = with_body(R"({"prompt":""})");
  EXPECT_TRUE(r.has_prompt);
  EXPECT_EQ(r.prompt, "");
}

TEST(Body, ResponsesAndEmbeddings) {
  const Request text = with_body(R"({"model":"m","instructions":"Be brief.","input":"hi","max_output_tokens":9})");
  EXPECT_EQ(text.prompt, "system\nBe brief.\nuser\nhi\n");
  EXPECT_EQ(text.max_tokens, 9U);
  const Request items = with_body(R"({"input":[{"role":"user","content":[{"type":"input_text","text":"hi"},
    {"type":"input_image","image_url":"x"}]},{"type":"function_call_output","output":"42"}]})",
                                  R"("path":"/v1/responses",)");
  EXPECT_EQ(items.prompt, "user\nhi\nfunction_call_output\n{\"type\":\"function_call_output\",\"output\":\"42\"}\n");
  EXPECT_TRUE(items.multimodal);
  EXPECT_EQ(items.type, "chat");
  const Request embedding = with_body(R"({"input":["a","b"]})", R"("path":"/v1/embeddings",)");
  EXPECT_EQ(embedding.prompt, "a\nb");
  EXPECT_EQ(embedding.type, "embedding");
}

TEST(Body, WhatStandsBesideItWins) {
  const Request r = with_body(R"({"model":"inner","prompt":"inner","max_tokens":1,"user":"inner"})",
                              R"("model":"outer","prompt":"outer","max_tokens":2,"user":"outer",)");
  EXPECT_EQ(r.model, "outer");
  EXPECT_EQ(r.prompt, "outer");
  EXPECT_EQ(r.max_tokens, 2U);
  EXPECT_EQ(r.user, "outer");
}

TEST(Body, WrongTypesAreErrorsAtTheirPlace) {
  EXPECT_THAT(problems_of(R"({"messages":"hi"})"),
              ElementsAre("r.jsonl:1:31: E103 \"messages\" of the body must be a list, found the string \"hi\""));
  EXPECT_THAT(problems_of(R"({"messages":[7]})"),
              ElementsAre(HasSubstr("each message must be an object, found the number 7")));
  EXPECT_THAT(problems_of(R"({"prompt":[1,-2]})"),
              ElementsAre(HasSubstr("a token id must be a whole number below 2^32")));
  EXPECT_THAT(
      problems_of(R"({"prompt":true,"stream":1})"),
      ElementsAre(HasSubstr("\"stream\" of the body must be true or false"), HasSubstr("\"prompt\" of the body")));
}

TEST(TypeOfPath, KnowsTheApis) {
  EXPECT_EQ(type_of_path("/v1/chat/completions"), "chat");
  EXPECT_EQ(type_of_path("/v1/completions?x=1"), "generate");
  EXPECT_EQ(type_of_path("/v1/embeddings/"), "embedding");
  EXPECT_EQ(type_of_path("/v1/responses"), "chat");
  EXPECT_EQ(type_of_path("/health"), "");
}

}  // namespace
}  // namespace shunt::host
