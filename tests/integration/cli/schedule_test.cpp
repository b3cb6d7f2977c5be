// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "program.hpp"

namespace shunt::testing {
namespace {

namespace json = boost::json;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr const char* kConfig = R"({
  "plugins": [
    { "type": "decode-filter", "name": "decode" },
    { "type": "queue-scorer", "name": "queue" },
    { "type": "kv-cache-utilization-scorer", "name": "kv" },
    { "type": "running-requests-size-scorer", "name": "running" },
    { "type": "max-score-picker", "parameters": {} } ],
  "schedulingProfiles": [ { "name": "default", "plugins": [
    { "pluginRef": "decode" }, { "pluginRef": "queue", "weight": 2.0 }, { "pluginRef": "kv" },
    { "pluginRef": "running", "weight": 0.5 }, { "pluginRef": "max-score-picker" } ] } ]
})";

constexpr const char* kPods[] = {
    R"({ "name": "pod-0", "address": "10.0.0.1:8000", "attributes": { "queue": 0, "kv_cache_usage": 0.5, "running": 4 } })",
    R"({ "name": "pod-1", "address": "10.0.0.2:8000", "attributes": { "queue": 4, "kv_cache_usage": 0.1, "running": 0 } })",
    R"({ "name": "pod-2", "address": "10.0.0.3:8000", "attributes": { "queue": 2, "kv_cache_usage": 0.2, "running": 2 } })",
    R"({ "name": "pod-3", "address": "10.0.0.4:8000", "labels": { "llm-d.ai/role": "prefill" } })"};

std::string pool(std::vector<int> order = {0, 1, 2, 3}) {
  std::string text = "{ \"endpoints\": [";
  for (const int i : order) text.append(text.back() == '[' ? "\n" : ",\n").append(kPods[i]);
  return text + "\n] }\n";
}

class Schedule : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_.write("config.jsonc", kConfig);
    folder_.write("pool.jsonc", pool());
    folder_.write("r.jsonl", "{\"id\":\"r1\"}\n");
  }

  Ran schedule(std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"schedule",   "-c",         "config.jsonc", "--endpoints",
                                      "pool.jsonc", "--requests", "r.jsonl"};
    words.insert(words.end(), more.begin(), more.end());
    return folder_.run(words);
  }

  static std::vector<std::string> picks(const Ran& ran) {
    std::vector<std::string> out;
    for (const std::string& line : lines(ran.out)) {
      const json::value endpoints = json::parse(line).at("endpoints");
      out.emplace_back(endpoints.as_array().empty() ? "" : std::string(endpoints.as_array()[0].as_string()));
    }
    return out;
  }

  Folder folder_;
};

TEST_F(Schedule, PrintsTheLineOfTheContract) {
  const Ran ran = schedule({"--fallbacks", "1"});
  EXPECT_EQ(ran.err, "");
  EXPECT_EQ(ran.code, 0);
  // queue is min-max over 0..4, kv is 1 - usage, running is min-max over 0..4.
  EXPECT_EQ(ran.out,
            "{\"schema\":1,\"id\":\"r1\",\"outcome\":\"dispatched\",\"profile\":\"default\",\"endpoints\":[\"pod-0\"],"
            "\"fallbacks\":[\"pod-2\"],\"addresses\":[\"10.0.0.1:8000\"],"
            "\"scores\":{\"pod-0\":2.5,\"pod-1\":1.4,\"pod-2\":2.05},\"profiles\":{\"default\":[\"pod-0\"]},"
            "\"reason\":\"\",\"annotations\":{}}\n");
}

TEST_F(Schedule, OrderOfTheEndpointsFileDoesNotMatter) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "{\"id\":\"r" + std::to_string(i) + "\"}\n";
  folder_.write("r.jsonl", text);
  const auto before = picks(schedule({"--assume", "--seed", "7"}));
  std::vector<int> order = {0, 1, 2, 3};
  while (std::next_permutation(order.begin(), order.end())) {
    folder_.write("pool.jsonc", pool(order));
    EXPECT_EQ(picks(schedule({"--assume", "--seed", "7"})), before);
  }
}

TEST_F(Schedule, SameInputGivesTheSameBytes) {
  std::string text;
  for (int i = 0; i < 50; ++i)
    text += "{\"id\":\"r" + std::to_string(i) + "\",\"arrival_ms\":" + std::to_string(i) + "}\n";
  folder_.write("r.jsonl", text);
  const Ran first = schedule({"--explain", "--assume", "--why-not", "pod-2", "--fallbacks", "2"});
  EXPECT_EQ(first.code, 0);
  EXPECT_THAT(lines(first.out), SizeIs(50));
  EXPECT_EQ(first.out, schedule({"--explain", "--assume", "--why-not", "pod-2", "--fallbacks", "2"}).out);
}

TEST_F(Schedule, SeedDecidesTies) {
  folder_.write("pool.jsonc", R"({"endpoints":[{"name":"a"},{"name":"b"},{"name":"c"},{"name":"d"}]})");
  std::string text;
  for (int i = 0; i < 32; ++i) text += "{\"id\":\"r" + std::to_string(i) + "\"}\n";
  folder_.write("r.jsonl", text);
  EXPECT_NE(picks(schedule({"--seed", "1"})), picks(schedule({"--seed", "2"})));
}

TEST_F(Schedule, EachRequestSeesTheSamePoolUnlessAssumed) {
  // Only live load decides here, so a remembered pick would show at once.
  folder_.write("config.jsonc", R"({"plugins":[{"type":"running-requests-size-scorer"},
    {"type":"max-score-picker","parameters":{"ties":"first"}}]})");
  folder_.write("pool.jsonc",
                R"({"endpoints":[{"name":"a","attributes":{"running":0}},{"name":"b","attributes":{"running":0}}]})");
  folder_.write("r.jsonl", "{\"id\":\"r1\"}\n{\"id\":\"r2\"}\n{\"id\":\"r3\"}\n");
  EXPECT_THAT(picks(schedule()), ElementsAre("a", "a", "a"));
  EXPECT_THAT(picks(schedule({"--assume"})), ElementsAre("a", "b", "a"));
}

TEST_F(Schedule, BatchGoesByPriorityThenArrivalThenPlace) {
  folder_.write("r.jsonl",
                "{\"id\":\"late\",\"arrival_ms\":9}\n{\"id\":\"early\",\"arrival_ms\":1}\n"
                "{\"id\":\"urgent\",\"arrival_ms\":50,\"priority\":\"critical\"}\n{\"id\":\"shed\",\"priority\":-1}\n"
                "{\"id\":\"early-too\",\"arrival_ms\":1}\n");
  std::vector<std::string> ids;
  for (const std::string& line : lines(schedule({"--batch"}).out))
    ids.emplace_back(json::parse(line).at("id").as_string());
  EXPECT_THAT(ids, ElementsAre("urgent", "early", "early-too", "late", "shed"));
}

// The order of the policy, not that of priority and arrival.
TEST_F(Schedule, BatchAsksTheProfileHandlerWhoGoesFirst) {
  folder_.write("config.jsonc", R"({ "plugins": [ { "type": "slo-aware-profile-handler" }, { "type": "queue-scorer" } ],
    "schedulingProfiles": [ { "name": "fast", "plugins": [ { "pluginRef": "queue-scorer" } ] },
                            { "name": "balanced", "plugins": [ { "pluginRef": "queue-scorer" } ] } ] })");
  folder_.write("r.jsonl",
                "{\"id\":\"important\",\"priority\":2}\n{\"id\":\"patient\",\"deadline_ms\":1000}\n"
                "{\"id\":\"hasty\",\"arrival_ms\":50,\"deadline_ms\":100}\n");
  const auto ids = [this](const char* now_ms) {
    std::vector<std::string> found;
    for (const std::string& line : lines(schedule({"--batch", "--now-ms", now_ms}).out)) {
      found.emplace_back(json::parse(line).at("id").as_string());
    }
    return found;
  };
  EXPECT_THAT(ids("55"), ElementsAre("patient", "hasty", "important"));
  EXPECT_THAT(ids("130"), ElementsAre("hasty", "patient", "important"));
}

TEST_F(Schedule, RejectionsHaveStatusCodeAndReason) {
  folder_.write("pool.jsonc", R"({"endpoints":[]})");
  Ran ran = schedule();
  EXPECT_EQ(ran.code, 0) << "a rejection is an answer";
  json::value line = json::parse(ran.out);
  EXPECT_EQ(line.at("outcome"), "rejected");
  EXPECT_EQ(line.at("status"), 503);
  EXPECT_EQ(line.at("code"), "rejected-no-endpoints");
  EXPECT_FALSE(line.at("reason").as_string().empty());

  folder_.write("pool.jsonc", R"({"endpoints":[{"name":"p","labels":{"llm-d.ai/role":"prefill"}}]})");
  line = json::parse(schedule().out);
  EXPECT_EQ(line.at("status"), 429);
  EXPECT_EQ(line.at("code"), "rejected-saturated");
  EXPECT_TRUE(line.at("endpoints").as_array().empty());
}

TEST_F(Schedule, ExplainShowsDroppedAndScores) {
  const json::value line = json::parse(schedule({"--explain"}).out);
  const json::array& trace = line.at("trace").as_array();
  const auto stage = [&](std::string_view plugin) {
    const auto it =
        std::ranges::find_if(trace, [&](const json::value& v) { return v.at("plugin").as_string() == plugin; });
    return it == trace.end() ? json::value() : *it;
  };
  EXPECT_EQ(stage("decode").at("before"), 4);
  EXPECT_EQ(stage("decode").at("after"), 3);
  EXPECT_EQ(stage("decode").at("dropped"), json::array{"pod-3"});
  EXPECT_EQ(stage("decode").at("reasons").at("pod-3"), "role=prefill");
  EXPECT_EQ(stage("kv").at("scores").at("pod-1").at("raw").as_double(), 0.9);
  EXPECT_EQ(stage("queue").at("scores").at("pod-0").at("weighted"), 2);
  EXPECT_THAT(schedule({"--explain"}).out, ::testing::Not(HasSubstr("duration_ns")));
  EXPECT_THAT(schedule({"--explain", "--timings"}).out, HasSubstr("duration_ns"));
}

TEST_F(Schedule, TextIsATable) {
  const Ran ran = schedule({"-o", "text", "--why-not", "pod-2"});
  EXPECT_EQ(
      ran.out,
      "request r1  profile default  generation 1  endpoints 4\n"
      " filter  decode      4 -> 3    pod-3 dropped: role=prefill\n"
      " scorer             weight   pod-0           pod-1           pod-2\n"
      " queue               2.000   1.000  2.000    0.000  0.000    0.500  1.000\n"
      " kv                  1.000   0.500  0.500    0.900  0.900    0.800  0.800\n"
      " running             0.500   0.000  0.000    1.000  0.500    0.500  0.250\n"
      " total                              2.500           1.400           2.050\n"
      " picker  max-score-picker  -> pod-0   margin 0.450\n"
      " why not pod-2?  \"pod-2\" has 2.05, the chosen one 2.5; it would lead if \"queue\" had a weight just below "
      "1.1 instead of 2\n");
}

TEST_F(Schedule, WidePoolsShowTheBestColumns) {
  std::string text = "{\"endpoints\":[";
  for (int i = 0; i < 30; ++i) {
    text.append(i == 0 ? "" : ",")
        .append("{\"name\":\"p" + std::to_string(i) + "\",\"attributes\":{\"queue\":" + std::to_string(i) + "}}");
  }
  folder_.write("pool.jsonc", text + "]}");
  const Ran ran = schedule({"-o", "text"});
  EXPECT_THAT(ran.out, HasSubstr("(and 22 more endpoints with lower totals)"));
  for (const std::string& line : lines(ran.out)) EXPECT_LT(line.size(), 170U) << line;
}

TEST_F(Schedule, WhyNotNamesTheSmallestChangeThatWorks) {
  const json::value why = json::parse(schedule({"--why-not", "pod-1"}).out).at("why_not");
  ASSERT_EQ(why.at("answer"), "weight-change");
  // The promise is kept: with that weight the program chooses that endpoint.
  std::string config = kConfig;
  const std::string plugin(why.at("plugin").as_string());
  const std::size_t at = config.find("\"pluginRef\": \"" + plugin + "\"");
  const std::size_t end = config.find('}', at);
  config.replace(at, end - at, "\"pluginRef\": \"" + plugin + "\", \"weight\": " + json::serialize(why.at("weight")));
  folder_.write("config.jsonc", config);
  EXPECT_THAT(picks(schedule()), ElementsAre("pod-1"));
}

TEST_F(Schedule, WhyNotOfAnUnknownEndpointIsAnError) {
  const Ran ran = schedule({"--why-not", "pod-9"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_THAT(ran.err, HasSubstr("error[E312]: there is no endpoint \"pod-9\""));
  EXPECT_EQ(ran.out, "");
}

TEST_F(Schedule, RequestsComeFromStandardInput) {
  const Ran ran = folder_.run({"schedule", "--endpoints", "pool.jsonc", "--requests", "-"}, "{\"id\":\"piped\"}\n");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, StartsWith("{\"schema\":1,\"id\":\"piped\""));
}

TEST_F(Schedule, ReportsProblemsOfAllFilesAtOnce) {
  folder_.write("config.jsonc", "{\n  \"plugins\": [ { \"type\": \"queue-scorr\" } ] }\n");
  folder_.write("pool.jsonc", "{\"endpoints\": [\n  {\"name\": \"a\", \"atributes\": {}} ] }");
  folder_.write("r.jsonl", "{\"id\":\"r1\"}\n{\"id\":\"r2\",\"modell\":\"m\"}\n");
  const Ran ran = schedule();
  EXPECT_EQ(ran.code, 3);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("config.jsonc:2:26: error[C203]: plugin type \"queue-scorr\" is not registered\n"));
  EXPECT_THAT(ran.err, HasSubstr("did you mean \"queue-scorer\""));
  EXPECT_THAT(ran.err, HasSubstr("pool.jsonc:2:17: error[E102]: unknown key \"atributes\""));
  EXPECT_THAT(ran.err, HasSubstr("r.jsonl:2:12: error[E102]: unknown key \"modell\""));
  EXPECT_THAT(ran.err, HasSubstr("3 errors; nothing was scheduled\n"));
}

TEST_F(Schedule, ErrorsAreJsonWithOutputJson) {
  folder_.write("r.jsonl", "{\"id\":7}\n");
  const Ran ran = schedule({"-o", "json"});
  EXPECT_EQ(ran.code, 3);
  const json::value errors = json::parse(ran.err);
  EXPECT_EQ(errors.at("schema"), 1);
  EXPECT_EQ(errors.at("errors").at(0).at("code"), "E103");
  EXPECT_EQ(errors.at("errors").at(0).at("line"), 1);
}

TEST_F(Schedule, JsonIsOneDocument) {
  const json::value all = json::parse(schedule({"-o", "json"}).out);
  EXPECT_EQ(all.at("schema"), 1);
  EXPECT_EQ(all.at("decisions").as_array().size(), 1U);
  folder_.write("r.jsonl", "");
  EXPECT_EQ(schedule({"-o", "json"}).out, "{\"schema\":1,\"decisions\":[]}\n");
}

TEST_F(Schedule, MetricsPagesAreReadAndAttributesWin) {
  const auto page = [](int waiting) {
    return "vllm:num_requests_waiting{engine=\"0\"} " + std::to_string(waiting) + "\nvllm:num_requests_running 1\n";
  };
  folder_.write("metrics/a.prom", page(9));
  folder_.write("metrics/b.prom", page(1));
  folder_.write("config.jsonc", R"({"plugins":[{"type":"queue-scorer"}]})");
  folder_.write("pool.jsonc", R"({"endpoints":[{"name":"a","metricsFile":"metrics/a.prom","metricsAgeMs":40},
    {"name":"b","metricsFile":"metrics/b.prom"}]})");
  EXPECT_THAT(picks(schedule()), ElementsAre("b"));
  folder_.write("pool.jsonc", R"({"endpoints":[{"name":"a","metricsFile":"metrics/a.prom","attributes":{"queue":0}},
    {"name":"b","metricsFile":"metrics/b.prom"}]})");
  EXPECT_THAT(picks(schedule()), ElementsAre("a"));
}

TEST_F(Schedule, UnknownAttributeNamesAreHintedAt) {
  folder_.write("pool.jsonc", R"({"endpoints":[{"name":"a","attributes":{"kv_cache_usgae":0.5,"my_own_thing":1}}]})");
  const Ran ran = schedule();
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.err, HasSubstr("warning[E202]: nothing reads the attribute \"kv_cache_usgae\""));
  EXPECT_THAT(ran.err, ::testing::Not(HasSubstr("the attribute \"my_own_thing\"")));
}

TEST_F(Schedule, DefaultConfigNeedsNoFlag) {
  const Ran ran = folder_.run({"schedule", "--endpoints", "pool.jsonc", "--requests", "r.jsonl"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(lines(ran.out), SizeIs(1));
}

}  // namespace
}  // namespace shunt::testing
