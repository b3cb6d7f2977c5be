// SPDX-License-Identifier: Apache-2.0
#include "core/requests_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <shunt/framework/document.hpp>
#include <shunt/framework/endpoint_table.hpp>

#include "golden.hpp"

namespace shunt::host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::lines_of;

std::vector<Request> good(const std::string& text, const std::string& name = "r.jsonl") {
  Diagnostics diagnostics;
  auto requests = read_requests(name, text, diagnostics);
  EXPECT_THAT(lines_of(diagnostics), IsEmpty());
  return requests;
}

std::vector<std::string> problems(const std::string& text, const std::string& name = "r.jsonl") {
  Diagnostics diagnostics;
  read_requests(name, text, diagnostics);
  return lines_of(diagnostics);
}

// Line ends in `members` are for the eye only.
Request one(std::string members) {
  std::erase(members, '\n');
  return good("{\"id\":\"r1\"," + members + "}\n").at(0);
}

TEST(RequestsFile, TakesTheLineOfTheContract) {
  const Request r = one(
      R"("path":"/v1/chat/completions","headers":{"X-Session-Id":"s1"},"arrival_ms":1.5,"priority":1,"deadline_ms":800,
"ttft_slo_ms":200,"tpot_slo_ms":20,"prompt_tokens":812,"block_hashes":[17,18446744073709551615],"input_bytes":4096,
"estimated_flops":1e9,"batch_size":1,"user":"u1","cost_budget":0.1,"preferred_endpoint":"pod-0","tags":{"k":"v","n":7},
"excluded":["pod-1"])");
  EXPECT_EQ(r.arrival_ns, 1'500'000);
  EXPECT_EQ(r.priority, 1);
  EXPECT_EQ(r.deadline_ns, 800'000'000);
  EXPECT_EQ(r.ttft_slo_ns, 200'000'000);
  EXPECT_EQ(r.tpot_slo_ns, 20'000'000);
  EXPECT_EQ(r.prompt_tokens, 812U);
  EXPECT_THAT(r.block_hashes, ElementsAre(17U, 18446744073709551615U));
  EXPECT_EQ(r.input_bytes, 4096U);
  EXPECT_EQ(r.estimated_flops, 1e9);
  EXPECT_EQ(r.batch_size, 1U);
  EXPECT_EQ(r.cost_budget, 0.1);
  EXPECT_EQ(r.preferred_endpoint, "pod-0");
  EXPECT_EQ(r.session, "s1");
  EXPECT_EQ(r.type, "chat");
  EXPECT_THAT(r.headers, ElementsAre(std::pair<std::string, std::string>("x-session-id", "s1")));
  EXPECT_EQ(r.tags.at(1).second, "7");
  EXPECT_THAT(r.excluded, ElementsAre(endpoint_key("pod-1")));
}

TEST(RequestsFile, ZeroIsAValueAndAbsentIsNot) {
  const Request zero = one(R"("prompt_tokens":0,"batch_size":0,"cost_budget":0,"deadline_ms":0,"priority":0)");
  EXPECT_EQ(zero.prompt_tokens, 0U);
  EXPECT_EQ(zero.batch_size, 0U);
  EXPECT_EQ(zero.cost_budget, 0.0);
  EXPECT_EQ(zero.deadline_ns, 0);
  EXPECT_EQ(zero.priority, 0);
  const Request absent = one(R"("tags":{})");
  EXPECT_FALSE(absent.prompt_tokens || absent.batch_size || absent.cost_budget || absent.deadline_ns ||
               absent.priority);
}

TEST(RequestsFile, PrioritiesMayBeWords) {
  const std::vector<std::pair<std::string, int>> words = {
      {"critical", 2}, {"high", 1}, {"normal", 0}, {"low", -1}, {"background", -2}};
  for (const auto& [word, number] : words) EXPECT_EQ(one("\"priority\":\"" + word + "\"").priority, number) << word;
}

TEST(RequestsFile, HeadersCountWhereNothingElseSaysIt) {
  const Request r =
      one(R"("headers":{"x-llm-d-slo-ttft-ms":"250","x-slo-tpot-ms":"12.5","x-llm-d-inference-fairness-id":"t",
"x-llm-d-inference-objective":"High","x-gateway-model-name-rewrite":"m2"})");
  EXPECT_EQ(r.ttft_slo_ns, 250'000'000);
  EXPECT_EQ(r.tpot_slo_ns, 12'500'000);
  EXPECT_EQ(r.tenant, "t");
  EXPECT_EQ(r.priority, 1);
  EXPECT_EQ(r.target_model, "m2");
  const Request explicit_wins = one(
      R"("ttft_slo_ms":1,"session":"own","priority":-5,"headers":{"x-llm-d-slo-ttft-ms":"250","x-session-id":"s","x-llm-d-inference-objective":"high"})");
  EXPECT_EQ(explicit_wins.ttft_slo_ns, 1'000'000);
  EXPECT_EQ(explicit_wins.session, "own");
  EXPECT_EQ(explicit_wins.priority, -5);
  EXPECT_THAT(problems("{\"id\":\"r1\",\"headers\":{\"x-llm-d-slo-ttft-ms\":\"soon\"}}"),
              ElementsAre(HasSubstr(
                  "E213 the header \"x-llm-d-slo-ttft-ms\" must be a number of milliseconds, found \"soon\"")));
}

TEST(RequestsFile, NumbersThemInFileOrder) {
  const auto requests = good("{\"id\":\"a\"}\n\n// a comment\n{\"id\":\"b\"}\r\n{\"id\":\"c\"}");
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[1].id, "b");
  EXPECT_EQ(requests[2].number, 2U);
}

TEST(RequestsFile, MayBeOneList) {
  EXPECT_EQ(good("[{\"id\":\"a\"},\n {\"id\":\"b\"}]", "r.json").size(), 2U);
  EXPECT_EQ(good("- id: a\n- id: b\n  priority: low\n", "r.yaml").at(1).priority, -1);
  EXPECT_THAT(problems("id: a\n", "r.yaml"), ElementsAre(HasSubstr("E103 a requests file is a list of requests")));
}

TEST(RequestsFile, EmptyFileHasNoRequests) {
  EXPECT_THAT(good(""), IsEmpty());
  EXPECT_THAT(good("\n\n"), IsEmpty());
}

TEST(RequestsFile, ReportsAllProblemsAtTheirPlaces) {
  EXPECT_THAT(
      problems("{\"id\":\"a\"}\n"
               "{\"id\":\"b\",\"prioritty\":1}\n"
               "{\"id\":\"a\"}\n"
               "{\"prompt_tokens\":-1}\n"
               "[1]\n"
               "{\"id\":\"c\",\n"
               "{\"id\":\"d\",\"type\":\"chta\",\"priority\":\"hihg\"}\n"
               "{\"id\":7,\"deadline_ms\":\"x\",\"block_hashes\":[1,-2]}\n"
               "{\"id\":\"e\",\"arrival_ms\":-1,\"id\":\"f\"}\n"),
      ElementsAre(
          "r.jsonl:2:11: E102 unknown key \"prioritty\" of request \"b\"; did you mean \"priority\"?",
          "r.jsonl:3:7: E106 duplicate request id \"a\"", "r.jsonl:4:1: E104 the request has no \"id\"",
          "r.jsonl:4:18: E105 \"prompt_tokens\" of the request must be a whole number, 0 or more, found the number -1",
          "r.jsonl:5:1: E211 a request must be an object, found a list", HasSubstr("r.jsonl:6:"),
          "r.jsonl:7:18: E107 a request cannot be of type \"chta\"; did you mean \"chat\"?",
          "r.jsonl:7:36: E107 a priority cannot be \"hihg\"; did you mean \"high\"?",
          "r.jsonl:8:7: E103 \"id\" of the request must be a string, found the number 7",
          "r.jsonl:8:23: E103 \"deadline_ms\" of the request must be a number, found the string \"x\"",
          HasSubstr("r.jsonl:8:45: E103 each element of \"block_hashes\""), HasSubstr("r.jsonl:9:27: C103"),
          HasSubstr("r.jsonl:9:24: E105 \"arrival_ms\" of request \"f\" must be at least 0")));
}

TEST(RequestsFile, NotesNameTheLineOfTheFile) {
  Diagnostics diagnostics;
  read_requests("r.jsonl", "{\"id\":\"a\"}\n\n{\"id\":\"a\"}\n{\"id\":\"b\",\"id\":\"b\"}\n{\"id\":\"c\"", diagnostics);
  ASSERT_EQ(diagnostics.all().size(), 3U);
  EXPECT_THAT(diagnostics.all()[0].notes, ElementsAre("the first one is at line 1"));
  EXPECT_THAT(diagnostics.all()[1].notes, ElementsAre("the first one is at line 4"));
  EXPECT_THAT(diagnostics.all()[2].notes, ElementsAre("the object begins at line 5, column 1"));
}

TEST(RequestsFile, AMarkInsideTheFileMovesNoColumn) {
  EXPECT_THAT(
      problems("\xEF\xBB\xBF{\"id\":\"a\",\"x\":1}\n\xEF\xBB\xBF{\"id\":\"b\",\"x\":1}\n\xEF\xBB\xBF// comment\n"),
      ElementsAre(HasSubstr("r.jsonl:1:11: E102"), HasSubstr("r.jsonl:2:14: E102")));
}

TEST(RequestsFile, HeadersGivenTwiceAreOneList) {
  const Request r = one(R"("headers":{"X-Session-Id":"a","Accept":"x","x-session-id":"b"})");
  EXPECT_EQ(r.session, "a, b");
  EXPECT_THAT(r.headers, ElementsAre(std::pair<std::string, std::string>("x-session-id", "a, b"),
                                     std::pair<std::string, std::string>("accept", "x")));
  EXPECT_THAT(problems("{\"id\":\"r1\",\"headers\":{\"X-Slo-Ttft-Ms\":\"1\",\"x-slo-ttft-ms\":\"2\"}}"),
              ElementsAre("r.jsonl:1:39: E213 the header \"X-Slo-Ttft-Ms\" must be a number of milliseconds, found "
                          "\"1, 2\""));
}

TEST(RequestsFile, UnknownEndpointsAreToldOnceForEachName) {
  Diagnostics diagnostics;
  const auto requests =
      read_requests("r.jsonl",
                    "{\"id\":\"a\",\"preferred_endpoint\":\"pod-x\",\"excluded\":[\"pod-1\",\"gone\"]}\n"
                    "{\"id\":\"b\",\"excluded\":[\"pod-x\",\"pod-0\"]}\n",
                    diagnostics, EndpointNames{"pod-0", "pod-1"});
  EXPECT_EQ(requests.size(), 2U);
  EXPECT_FALSE(diagnostics.has_errors());
  EXPECT_THAT(
      lines_of(diagnostics),
      ElementsAre("r.jsonl:1:32: E312 there is no endpoint \"pod-x\", which \"preferred_endpoint\" names; did you mean "
                  "\"pod-0\"?",
                  "r.jsonl:1:60: E312 there is no endpoint \"gone\", which \"excluded\" names"));
}

TEST(RequestsFile, AListMayBeLargerThanAConfigAndALineMayNot) {
  std::string text = "[{\"id\":\"a\",\"prompt\":\"" + std::string(Document::kMaxBytes, 'x') + "\"},\n{\"id\":\"b\"}]";
  EXPECT_EQ(good(text, "r.json").size(), 2U);
  const std::string padding(Document::kMaxBytes, ' ');
  EXPECT_THAT(problems("{\"id\":\"a\"}\n{\"id\":\"b\"" + padding + "}\n{\"id\":7}\n"),
              ElementsAre("r.jsonl:2:1: E214 the line has 16777226 bytes; at most 16777216 are read",
                          HasSubstr("r.jsonl:3:7: E103")));
}

TEST(RequestsFile, ManyProblemsAreCountedAndNotAllKept) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "{}\n";
  Diagnostics diagnostics;
  read_requests("r.jsonl", text, diagnostics);
  EXPECT_EQ(diagnostics.errors(), 5000U);
  EXPECT_EQ(diagnostics.all().size(), Diagnostics::kKept);
}

}  // namespace
}  // namespace shunt::host
