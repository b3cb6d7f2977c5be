// SPDX-License-Identifier: Apache-2.0
#include "core/live/request_understanding.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "core/requests_file.hpp"

namespace shunt::host {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using Headers = std::vector<std::pair<std::string, std::string>>;

struct Live {
  Request request;
  std::optional<UnderstandingProblem> problem;
};

Live live(const std::string& path, const Headers& headers, const std::string& body) {
  Live out;
  const std::vector<HeaderView> views(headers.begin(), headers.end());
  out.request.path = path;
  out.problem = understand_request(path, views, body, out.request);
  return out;
}

// All that both readings could differ in.
void expect_same(const Request& a, const Request& b, const std::string& what) {
  EXPECT_EQ(a.model, b.model) << what;
  EXPECT_EQ(a.target_model, b.target_model) << what;
  EXPECT_EQ(a.type, b.type) << what;
  EXPECT_EQ(a.prompt, b.prompt) << what;
  EXPECT_EQ(a.has_prompt, b.has_prompt) << what;
  EXPECT_EQ(a.cache_salt, b.cache_salt) << what;
  EXPECT_EQ(a.user, b.user) << what;
  EXPECT_EQ(a.session, b.session) << what;
  EXPECT_EQ(a.tenant, b.tenant) << what;
  EXPECT_EQ(a.streaming, b.streaming) << what;
  EXPECT_EQ(a.multimodal, b.multimodal) << what;
  EXPECT_EQ(a.priority, b.priority) << what;
  EXPECT_EQ(a.deadline_ns, b.deadline_ns) << what;
  EXPECT_EQ(a.ttft_slo_ns, b.ttft_slo_ns) << what;
  EXPECT_EQ(a.tpot_slo_ns, b.tpot_slo_ns) << what;
  EXPECT_EQ(a.prompt_tokens, b.prompt_tokens) << what;
  EXPECT_EQ(a.max_tokens, b.max_tokens) << what;
  EXPECT_EQ(a.input_bytes, b.input_bytes) << what;
  EXPECT_EQ(a.token_ids, b.token_ids) << what;
  EXPECT_EQ(a.headers, b.headers) << what;
}

const std::vector<std::pair<std::string, std::string>> kBodies = {
    {"/v1/chat/completions",
     R"({"model":"base","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"hi"}],"max_tokens":64,"stream":true})"},
    {"/v1/chat/completions",
     R"({"model":"base","messages":[{"role":"user","content":[{"type":"text","text":"what "},{"type":"image_url","image_url":{"url":"x"}},"this"]}],"user":"u","cache_salt":"s"})"},
    {"/v1/chat/completions",
     R"({"model":"b","messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"c1","function":{"name":"f","n":1.5e300}}]},{"role":"tool","content":"42"}]})"},
    {"/v1/chat/completions", R"({"model":"b","messages":[]})"},
    {"/v1/completions", R"({"model":"b","prompt":"once","max_tokens":3.0})"},
    {"/v1/completions", R"({"model":"b","prompt":["once","upon"]})"},
    {"/v1/completions", R"({"model":"b","prompt":[1,2,3]})"},
    {"/v1/completions", R"({"model":"b","prompt":[[1,2],[4294967295]]})"},
    {"/v1/completions", R"({"model":"b","prompt":""})"},
    {"/v1/responses", R"({"model":"b","instructions":"Be","input":"hi","max_output_tokens":5})"},
    {"/v1/responses",
     R"({"model":"b","input":[{"role":"user","content":"a"},{"type":"function_call_output","output":"7"},{"content":[{"type":"input_text","text":"t"}]}]})"},
    {"/v1/embeddings", R"({"model":"b","input":["a","b"]})"},
    {"/v1/embeddings", R"({"model":"b","input":[5,6]})"},
    {"/v1/messages",
     R"({"model":"b","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]})"},
    {"/rerank", R"({"model":"b","query":"q","documents":["a","b"]})"},
    {"/v1/audio/speech", R"({"model":"b","input":"say it","voice":"x"})"},
    {"/v1/images/generations", R"({"model":"b","prompt":"a cat"})"},
    {"/v1/chat/completions",
     R"({"model":"b","messages":[{"role":"user","content":"\ud83d\ude00 \u0000 \"quoted\""}],"x":{"model":"no"}})"},
};

const std::vector<Headers> kHeaders = {
    {},
    {{"X-Session-ID", "s1"},
     {"x-llm-d-inference-fairness-id", "t"},
     {"x-llm-d-slo-ttft-ms", "200"},
     {"x-slo-tpot-ms", "12.5"}},
    {{"x-gateway-inference-objective", "High"}, {"x-gateway-model-name-rewrite", "lora"}},
    {{"x-shunt-priority", "-7"}, {"x-llm-d-inference-objective", "critical"}, {"x-shunt-deadline-ms", "1500"}},
    {{"A", "1"}, {"b", "2"}, {"a", "3"}, {"Content-Type", "application/json"}},
};

TEST(RequestUnderstandingTest, TheSameRequestAsFromAFile) {
  for (const auto& [path, body] : kBodies) {
    for (const Headers& headers : kHeaders) {
      json::object entry{{"id", "r"}, {"path", path}, {"body", json::parse(body)}};
      json::object written;
      for (const auto& [name, value] : headers) {
        // An object of a file has each name once: repeated ones differ in case there, as here.
        written[name] = value;
      }
      entry["headers"] = written;
      Diagnostics diagnostics;
      const auto read = read_requests("r.jsonl", json::serialize(entry) + "\n", diagnostics);
      ASSERT_EQ(read.size(), 1U) << body;
      const Live seen = live(path, headers, body);
      EXPECT_FALSE(seen.problem) << seen.problem->message;
      expect_same(read.front(), seen.request, path + " " + body);
    }
  }
}

TEST(RequestUnderstandingTest, WrongForOneIsWrongForTheOther) {
  for (const std::string body :
       {R"({"model":7})", R"({"model":"b","messages":{}})", R"({"model":"b","messages":[7]})",
        R"({"model":"b","messages":[{"role":1}]})", R"({"model":"b","messages":[{"content":7}]})",
        R"({"model":"b","messages":[{"content":[7]}]})", R"({"model":"b","prompt":7})",
        R"({"model":"b","prompt":[1,"a"]})", R"({"model":"b","prompt":[4294967296]})",
        R"({"model":"b","max_tokens":-1})", R"({"model":"b","max_tokens":"x"})", R"({"model":"b","stream":1})",
        R"({"model":"b","input":{},"instructions":"x"})", R"({"model":"b","input":[{},7]})"}) {
    Diagnostics diagnostics;
    read_requests("r.jsonl", R"({"id":"r","path":"/v1/x","body":)" + body + "}\n", diagnostics);
    const Live seen = live("/v1/x", {}, body);
    ASSERT_TRUE(diagnostics.has_errors()) << body;
    ASSERT_TRUE(seen.problem) << body;
    EXPECT_THAT(render_text(diagnostics, false), HasSubstr(seen.problem->message));
    EXPECT_FALSE(seen.problem->param.empty()) << body;
  }
}

TEST(RequestUnderstandingTest, SaysWhatIsWrongAndWhere) {
  const auto problem = [](const std::string& body) {
    auto seen = live("/v1/chat/completions", {}, body);
    return seen.problem ? seen.problem->param + ": " + seen.problem->message : "";
  };
  EXPECT_EQ(problem(R"({"model":"b","messages":[{"content":"a"},{"content":[{"type":"text","text":1}]}]})"),
            "messages[1].content[0].text: \"text\" of the content part must be a string, found the number 1");
  EXPECT_EQ(problem("{}"), "model: the body names no model");
  EXPECT_EQ(problem(R"({"model":""})"), "model: the body names no model");
  EXPECT_EQ(problem("[1]"), ": the body must be a JSON object, found a list");
  EXPECT_EQ(problem(""), ": the body is empty; it must be a JSON object");
  EXPECT_THAT(problem(R"({"model":"b",})"), HasSubstr("the body is not valid JSON"));
  EXPECT_THAT(problem("{\"model\":\"\xff\"}"), HasSubstr("the body is not valid JSON"));
  EXPECT_THAT(problem(R"({"model":"b"} x)"), HasSubstr("the body is not valid JSON"));
  EXPECT_THAT(problem(std::string(1000, '[')), HasSubstr("the body is not valid JSON"));
  EXPECT_EQ(problem(R"({"model":"b","unknown":[{"messages":7}]})"), "");
}

TEST(RequestUnderstandingTest, HeadersThatAreWrong) {
  for (const auto& [name, value] : Headers{{"x-shunt-priority", "urgent"},
                                           {"x-shunt-priority", "-2147483648"},
                                           {"x-shunt-deadline-ms", "-1"},
                                           {"X-SLO-TTFT-MS", "5s"}}) {
    const Live seen = live("/v1/completions", {{name, value}}, R"({"model":"b"})");
    ASSERT_TRUE(seen.problem) << name;
    EXPECT_THAT(seen.problem->message, HasSubstr(value));
  }
}

TEST(RequestUnderstandingTest, ManyLargeBodiesOneAfterTheOther) {
  const std::string body = R"({"model":"b","prompt":")" + std::string(200'000, 'x') + "\"}";
  for (int i = 0; i < 200; ++i) {
    const Live seen = live("/v1/completions", {}, body);
    ASSERT_FALSE(seen.problem);
    ASSERT_EQ(seen.request.prompt.size(), 200'000U);
  }
}

TEST(RequestUnderstandingTest, Paths) {
  for (const char* path : {"/v1/chat/completions", "/v1/completions/", "/v1/responses", "/v1/embeddings",
                           "/v1/messages", "/rerank", "/v1/rerank", "/v1/audio/transcriptions", "/v1/images/edits"}) {
    EXPECT_TRUE(needs_body(path)) << path;
  }
  for (const char* path : {"/", "/v1/models", "/v1/chat", "/tokenize", "/v1/messages/count_tokens"}) {
    EXPECT_FALSE(needs_body(path)) << path;
  }
}

std::string replaced(const std::string& body, const std::string& model, const std::string& type = "application/json") {
  const auto place = place_of_model(type, body, model);
  return place ? body.substr(0, place->begin) + place->text + body.substr(place->end) : "none";
}

TEST(RequestUnderstandingTest, ThePlaceOfTheModel) {
  EXPECT_EQ(replaced(R"({"model":"a"})", "b"), R"({"model":"b"})");
  EXPECT_EQ(replaced(R"( { "x":{"model":"n","y":[{}]},"s":"\"model\":", "model" : "a" , "z":1e5 })", "b"),
            R"( { "x":{"model":"n","y":[{}]},"s":"\"model\":", "model" : "b" , "z":1e5 })");
  EXPECT_EQ(replaced(R"({"model":"first","model":"last"})", "b"), R"({"model":"first","model":"b"})");
  EXPECT_EQ(replaced(R"({"model":"a"})", "x\"\n"), R"({"model":"x\"\n"})");
  EXPECT_EQ(replaced(R"({"messages":[]})", "b"), "none");
  EXPECT_EQ(replaced(R"({"model":null})", "b"), "none");
  EXPECT_EQ(replaced("", "b"), "none");
}

TEST(RequestUnderstandingTest, Forms) {
  const std::string type = "multipart/form-data; charset=utf-8; boundary=abc";
  const std::string body =
      "preamble\r\n--abc\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper\r\n--abc\r\n"
      "Content-Disposition: form-data; name=stream\r\n\r\ntrue\r\n--abc--\r\n";
  const Live seen = live("/v1/audio/transcriptions", {{"content-type", type}}, body);
  EXPECT_FALSE(seen.problem);
  EXPECT_EQ(seen.request.model, "whisper");
  EXPECT_TRUE(seen.request.streaming);
  EXPECT_THAT(replaced(body, "other", type), HasSubstr("\r\n\r\nother\r\n--abc\r\n"));
  EXPECT_TRUE(live("/v1/audio/transcriptions", {{"content-type", "multipart/form-data"}}, body).problem);
  EXPECT_TRUE(live("/v1/audio/transcriptions", {{"content-type", type}}, "--abc\r\nhalf").problem);
}

}  // namespace
}  // namespace shunt::host
