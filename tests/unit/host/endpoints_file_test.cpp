// SPDX-License-Identifier: Apache-2.0
#include "core/endpoints_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "golden.hpp"

namespace shunt::host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::lines_of;

struct Read {
  std::optional<EndpointsFile> file;
  std::vector<std::string> problems;
};

Read read(std::string text, const std::string& name = "pool.jsonc") {
  Diagnostics diagnostics;
  Read out;
  const auto document = Document::parse(name, std::move(text), DocumentFormat::Detect, diagnostics);
  if (document) out.file = read_endpoints(*document, ".", diagnostics);
  if (out.file) register_attributes(*out.file, *std::make_shared<AttributeTable>(), diagnostics);
  diagnostics.sort();
  out.problems = lines_of(diagnostics);
  return out;
}

TEST(EndpointsFile, TakesEverythingThatTheContractHas) {
  const Read r = read(R"({ "endpoints": [ // a comment
  { "name": "pod-0", "address": "10.0.0.1:8000",
    "labels": { "llm-d.ai/role": "decode" },
    "attributes": { "queue": 3, "kv_cache_usage": 0.42, "active_models": ["base", "lora-1", "base"], "healthy": false,
                    "zone": "a", "running": null, "own": "text" }, } ] })");
  ASSERT_THAT(r.problems, IsEmpty());
  ASSERT_EQ(r.file->endpoints.size(), 1U);
  const EndpointEntry& pod = r.file->endpoints[0];
  EXPECT_EQ(pod.definition.address, "10.0.0.1:8000");
  EXPECT_THAT(pod.definition.labels, ElementsAre(std::pair<std::string, std::string>("llm-d.ai/role", "decode")));
  ASSERT_EQ(pod.attributes.size(), 6U) << "null is absent";
  EXPECT_EQ(std::get<double>(pod.attributes[0].value), 3.0);
  EXPECT_THAT(std::get<std::vector<std::string>>(pod.attributes[2].value), ElementsAre("base", "lora-1"));
  EXPECT_EQ(std::get<bool>(pod.attributes[3].value), false);
  EXPECT_EQ(std::get<std::string>(pod.attributes[5].value), "text");
}

TEST(EndpointsFile, IsTheSameInYaml) {
  const Read r = read("endpoints:\n  - name: pod-0\n    attributes: { queue: 3 }\n", "pool.yaml");
  ASSERT_THAT(r.problems, IsEmpty());
  EXPECT_EQ(std::get<double>(r.file->endpoints.at(0).attributes.at(0).value), 3.0);
}

TEST(EndpointsFile, EmptyPoolIsAPool) {
  const Read r = read(R"({"endpoints": []})");
  EXPECT_THAT(r.problems, IsEmpty());
  EXPECT_THAT(r.file->endpoints, IsEmpty());
}

TEST(EndpointsFile, ReportsAllProblemsAtTheirPlaces) {
  const Read r = read(R"({ "endpoints": [
  { "name": "pod-0", "lables": {} },
  { "name": "pod-0" },
  { "address": "x:1" },
  { "name": "pod-1", "attributes": {
      "queue": "3",
      "running": -1,
      "kv_cache_usage": 1.5,
      "active_models": "base",
      "in_flight": 0.5,
      "models": ["a", 7],
      "own": {} } },
  7
] })");
  EXPECT_THAT(
      r.problems,
      ElementsAre(
          "pool.jsonc:2:22: E102 unknown key \"lables\" of endpoint \"pod-0\"; did you mean \"labels\"?",
          "pool.jsonc:3:13: E106 duplicate endpoint name \"pod-0\"", "pool.jsonc:4:3: E104 endpoint 2 has no \"name\"",
          "pool.jsonc:6:16: E103 \"queue\" of endpoint \"pod-1\" must be a number, found the string \"3\"",
          "pool.jsonc:7:18: E105 \"running\" of endpoint \"pod-1\" must be at least 0, found the number -1",
          "pool.jsonc:8:25: E105 \"kv_cache_usage\" of endpoint \"pod-1\" must be from 0 to 1, found the number 1.5",
          "pool.jsonc:9:24: E103 \"active_models\" of endpoint \"pod-1\" must be a list, found the string \"base\"",
          "pool.jsonc:10:20: E105 \"in_flight\" of endpoint \"pod-1\" must be a whole number, 0 or more, found the "
          "number "
          "0.5",
          "pool.jsonc:11:23: E103 each element of \"models\" of endpoint \"pod-1\" must be a string, found the number "
          "7",
          "pool.jsonc:12:14: E103 \"own\" of endpoint \"pod-1\" must be a number, true or false, a string, or a list "
          "of "
          "strings, found an object",
          "pool.jsonc:13:3: E103 an endpoint must be an object, found the number 7"));
}

TEST(EndpointsFile, WrittenCountsAreWholeAndMeasuredOnesNeedNotBe) {
  EXPECT_THAT(
      read(R"({"endpoints": [{"name": "a", "attributes": {"max_active_models": 1.5, "queue": 2.0, "gpu_count": 0.5}},
  {"name": "b", "asOfNs": {"queue": 7}, "attributes": {"queue": 0.5, "running": 0.5}}]})")
          .problems,
      ElementsAre("pool.jsonc:1:66: E105 \"max_active_models\" of endpoint \"a\" must be a whole number, found the "
                  "number 1.5",
                  "pool.jsonc:2:81: E105 \"running\" of endpoint \"b\" must be a whole number, found the number 0.5"));
}

TEST(EndpointsFile, AddressesHaveAHostAndAPort) {
  EXPECT_THAT(
      read(R"({"endpoints": [{"name": "a", "address": ""}, {"name": "b", "address": "host"},
  {"name": "c", "address": "host:0"}, {"name": "d", "address": "host:65536"}, {"name": "e", "address": "host:65535"}]})")
          .problems,
      ElementsAre(
          "pool.jsonc:1:41: E108 \"address\" of endpoint \"a\" must not be empty",
          "pool.jsonc:1:71: E205 \"address\" of endpoint \"b\" needs a port, found \"host\"",
          "pool.jsonc:2:28: E205 \"address\" of endpoint \"c\" must have a port from 1 to 65535, found \"host:0\"",
          "pool.jsonc:2:64: E205 \"address\" of endpoint \"d\" must have a port from 1 to 65535, found "
          "\"host:65536\""));
}

TEST(EndpointsFile, SomeNamesAreReserved) {
  EXPECT_THAT(read(R"({"endpoints": [{"name": "a", "attributes": {"label:x": "y", "endpoint:name": "b"}}]})").problems,
              ElementsAre(HasSubstr("E204 the attribute name \"label:x\" is reserved"), HasSubstr("E204")));
}

TEST(EndpointsFile, NeedsAList) {
  EXPECT_THAT(read("").problems, ElementsAre(HasSubstr("must be an object with \"endpoints\", found nothing")));
  EXPECT_THAT(read("[]").problems, ElementsAre(HasSubstr("found a list")));
  EXPECT_THAT(read("{}").problems, ElementsAre("pool.jsonc:1:1: E104 the file has no \"endpoints\""));
  EXPECT_THAT(read(R"({"endpoints": {}})").problems, ElementsAre(HasSubstr("E103")));
}

TEST(EndpointsFile, AnAttributeHasOneType) {
  EXPECT_THAT(
      read(R"({"endpoints": [{"name": "a", "attributes": {"own": 1}}, {"name": "b", "attributes": {"own": "x"}}]})")
          .problems,
      ElementsAre(HasSubstr("E201 attribute \"own\" is a number, not a name")));
}

TEST(EndpointsFile, MetricsPagesCountFromTheFolderOfTheFile) {
  const auto folder = std::filesystem::temp_directory_path() / ("shunt-endpoints-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "pod.prom") << "up 1\n";
  Diagnostics diagnostics;
  const auto document =
      Document::parse("pool.jsonc", R"({"endpoints": [{"name": "a", "metricsFile": "pod.prom", "metricsAgeMs": 40},
  {"name": "b", "metricsFile": "none.prom"}]})",
                      DocumentFormat::Detect, diagnostics);
  const auto file = read_endpoints(*document, folder, diagnostics);
  std::filesystem::remove_all(folder);
  EXPECT_EQ(file->endpoints.at(0).metrics, "up 1\n");
  EXPECT_EQ(file->endpoints.at(0).metrics_age_ns, 40'000'000);
  EXPECT_THAT(
      lines_of(diagnostics),
      ElementsAre("pool.jsonc:2:32: E101 the metrics page of \"b\": the file cannot be read: there is no such file"));
}

}  // namespace
}  // namespace shunt::host
