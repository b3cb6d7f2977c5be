// SPDX-License-Identifier: Apache-2.0
// Whole messages about endpoints, requests and bundles, as users see them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "program.hpp"

namespace shunt::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kPool = R"({ "endpoints": [
  { "name": "pod-0", "attributes": { "queue": 0 } },
  { "name": "pod-1", "attributes": { "queue": 4 } } ] }
)";

class InputMessages : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_.write("config.jsonc",
                  R"({ "plugins": [ { "type": "queue-scorer" }, { "type": "prometheus-extractor" } ] })");
    folder_.write("pool.jsonc", kPool);
    folder_.write("r.jsonl", "{\"id\":\"r1\"}\n");
  }

  Ran schedule(std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"schedule",   "-c",         "config.jsonc", "--endpoints",
                                      "pool.jsonc", "--requests", "r.jsonl"};
    words.insert(words.end(), more.begin(), more.end());
    return folder_.run(words);
  }

  Folder folder_;
};

TEST_F(InputMessages, MalformedEndpointsAndRequests) {
  folder_.write("pool.jsonc", R"({ "endpoints": [
  { "name": "a", "address": "10.0.0.1", "attributes": { "max_active_models": 1.5, "own": 1 } },
  { "name": "b", "attributes": { "own": "x" } } ] }
)");
  folder_.write("r.jsonl", "{\"id\":\"r1\"}\n{\"id\":\"r2\",\"priority\":\"hihg\"}\n{\"id\":\"r3\"\n");
  const Ran ran = schedule();
  EXPECT_EQ(ran.code, 3);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err, R"(pool.jsonc:2:29: error[E205]: "address" of endpoint "a" needs a port, found "10.0.0.1"
    2 |   { "name": "a", "address": "10.0.0.1", "attributes": { "max_active_models": 1.5, "own": 1 } },
      |                             ^~~~~~~~~~
  note: it has the form host:port, as in 10.0.0.1:8000 or [::1]:8000
pool.jsonc:2:78: error[E105]: "max_active_models" of endpoint "a" must be a whole number, found the number 1.5
    2 |   { "name": "a", "address": "10.0.0.1", "attributes": { "max_active_models": 1.5, "own": 1 } },
      |                                                                              ^~~
pool.jsonc:3:41: error[E201]: attribute "own" is a number, not a name
    3 |   { "name": "b", "attributes": { "own": "x" } } ] }
      |                                         ^~~
r.jsonl:2:23: error[E107]: a priority cannot be "hihg"
    2 | {"id":"r2","priority":"hihg"}
      |                       ^~~~~~ did you mean "high"?
  note: allowed: a whole number, or background, low, normal, high, critical (-2 to 2)
r.jsonl:3:11: error[C101]: the file ends inside an object; expected "}"
    3 | {"id":"r3"
      |           ^
  note: the object begins at line 3, column 1
5 errors; nothing was scheduled
)");
}

TEST_F(InputMessages, AnAttributeWithTwoTypesIsToldOnce) {
  folder_.write("pool.jsonc", R"({ "endpoints": [
  { "name": "a", "attributes": { "own": 1 } },
  { "name": "b", "attributes": { "own": "x" } } ] }
)");
  EXPECT_EQ(schedule().err, R"(pool.jsonc:3:41: error[E201]: attribute "own" is a number, not a name
    3 |   { "name": "b", "attributes": { "own": "x" } } ] }
      |                                         ^~~
1 error; nothing was scheduled
)");
}

TEST_F(InputMessages, DoubtfulMetricsPages) {
  folder_.write("pool.jsonc", R"({ "endpoints": [
  { "name": "pod-0", "metricsFile": "a.prom", "labels": { "llm-d.ai/engine-type": "vlm" } },
  { "name": "pod-1", "metricsFile": "b.prom", "labels": { "llm-d.ai/engine-type": "vllm" } } ] }
)");
  folder_.write("a.prom", "vllm:num_requests_waiting 1\nvllm:lora{max=\"4} 1\n<html>\n</html>\n");
  folder_.write("b.prom", "vllm:num_requests_waiting 1\nvllm:num_requests_running\n");
  const Ran ran = schedule();
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.err,
            R"(a.prom:2:15: warning[E206]: 3 lines of the page are no samples, so they are not read; this is the first
    2 | vllm:lora{max="4} 1
      |               ^~~~~
  note: it is the metrics page of "pod-0"
b.prom:2:26: warning[E206]: this line is no sample, so it is not read
    2 | vllm:num_requests_running
      |                          ^
  note: it is the metrics page of "pod-1"
pool.jsonc:2:83: warning[E207]: no plugin of the config knows the metric names of the engine "vlm"
    2 |   { "name": "pod-0", "metricsFile": "a.prom", "labels": { "llm-d.ai/engine-type": "vlm" } },
      |                                                                                   ^~~~~ did you mean "vllm"?
  note: engines: vllm, sglang, trtllm-serve, triton-tensorrt-llm, triton
3 warnings
)");
}

TEST_F(InputMessages, RequestsThatNameUnknownEndpoints) {
  const std::string before = schedule().out;
  folder_.write("r.jsonl", "{\"id\":\"r1\",\"preferred_endpoint\":\"pod-7\",\"excluded\":[\"xyzzy\"]}\n");
  const Ran ran = schedule();
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, before);
  EXPECT_EQ(ran.err, R"(r.jsonl:1:33: warning[E312]: there is no endpoint "pod-7", which "preferred_endpoint" names
    1 | {"id":"r1","preferred_endpoint":"pod-7","excluded":["xyzzy"]}
      |                                 ^~~~~~~ did you mean "pod-0"?
r.jsonl:1:53: warning[E312]: there is no endpoint "xyzzy", which "excluded" names
    1 | {"id":"r1","preferred_endpoint":"pod-7","excluded":["xyzzy"]}
      |                                                     ^~~~~~~
2 warnings
)");
}

TEST_F(InputMessages, DamagedBundles) {
  folder_.write("b.json", "{ \"config\": 3,\n  \"endpoints\": {} }\n");
  const Ran ran = folder_.run({"schedule", "--bundle", "b.json"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_EQ(ran.err, R"(b.json:1:13: error[E301]: "config" of the bundle must be an object, found the number 3
    1 | { "config": 3,
      |             ^
b.json:1:1: error[E301]: the bundle has no object "request"
    1 | { "config": 3,
      | ^~~~~~~~~~~~~~
2 errors; nothing was scheduled
)");
  folder_.write("b.json", "[]");
  EXPECT_THAT(folder_.run({"schedule", "--bundle", "b.json"}).err,
              HasSubstr("b.json:1:1: error[E301]: a bundle must be an object, found a list\n"));
}

TEST_F(InputMessages, FlagsThatABundleDoesNotTake) {
  const Ran ran = folder_.run({"schedule", "--bundle", "b.json", "--seed", "3", "--assume"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(
      ran.err,
      R"(shunt: error: a bundle brings its own config, endpoints, request and options: --bundle stands without --seed, --assume
  help: shunt schedule --help
)");
}

TEST_F(InputMessages, AConfigThatCannotDecide) {
  folder_.write("config.jsonc",
                "{\n  \"plugins\": [ { \"type\": \"group\" } ], \"models\": { \"a\": {}, \"big-b\": {} }\n}\n");
  Ran ran = schedule();
  EXPECT_EQ(ran.code, 3);
  EXPECT_EQ(ran.err, R"(config.jsonc:2:3: error[E314]: the config has no scheduling profile, so it cannot decide
    2 |   "plugins": [ { "type": "group" } ], "models": { "a": {}, "big-b": {} }
      |   ^~~~~~~~~
1 error; nothing was scheduled
)");
  ran = folder_.run({"swap", "plan", "-c", "config.jsonc", "--target", "big-v"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_EQ(ran.err, R"(config.jsonc:2:39: error[E313]: there is no model "big-v", which --target names
    2 |   "plugins": [ { "type": "group" } ], "models": { "a": {}, "big-b": {} }
      |                                       ^~~~~~~~ did you mean "big-b"?
  note: models: a, big-b
1 error; nothing was planned
)");
}

TEST_F(InputMessages, UsageErrorsAsJson) {
  const Ran ran = folder_.run({"plugin", "lst", "-o", "json"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(
      ran.err,
      R"({"schema":1,"errors":[{"file":"","line":0,"column":0,"pointer":"","code":"","severity":"error","message":"unknown command \"shunt plugin lst\"","suggestion":"did you mean \"list\"?","notes":["run: shunt plugin list -o json","help: shunt plugin --help"]}]}
)");
}

TEST_F(InputMessages, APickBehindTheBestSaysSo) {
  folder_.write("config.jsonc", R"({ "plugins": [ { "type": "queue-scorer" }, { "type": "random-picker" } ] })");
  bool best = false;
  bool behind = false;
  for (int seed = 0; seed < 20; ++seed) {
    const std::string text = schedule({"-o", "text", "--seed", std::to_string(seed)}).out;
    best = best || text.find("-> pod-0   margin 1.000\n") != std::string::npos;
    behind = behind || text.find("-> pod-1   behind pod-0 by 1.000\n") != std::string::npos;
    EXPECT_THAT(text, Not(HasSubstr("margin -")));
  }
  EXPECT_TRUE(best && behind);
}

}  // namespace
}  // namespace shunt::testing
