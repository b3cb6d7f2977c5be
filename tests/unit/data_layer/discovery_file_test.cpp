// SPDX-License-Identifier: Apache-2.0
// Discovery files of both kinds: what is read, what is left out, and what makes the whole file useless.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "data/discovery_file.hpp"

namespace {

using namespace shunt::host;
using shunt::Diagnostic;
using shunt::Diagnostics;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Outcome {
  std::optional<DiscoveredEndpoints> found;
  Diagnostics diagnostics;

  // "pod-0 10.0.0.1:8000"
  std::vector<std::string> endpoints() const {
    std::vector<std::string> out;
    if (!found) return {"nothing"};
    for (const EndpointEntry& entry : found->endpoints)
      out.push_back(entry.definition.name + " " + entry.definition.address);
    return out;
  }
  // "3:5 E104 text"
  std::vector<std::string> problems() const {
    std::vector<std::string> out;
    for (const Diagnostic& one : diagnostics) {
      out.push_back(std::to_string(one.position.line) + ":" + std::to_string(one.position.column) + " " + one.code +
                    " " + one.message);
    }
    return out;
  }
};

Outcome read(const std::string& text, const std::string& file = "pool.yaml") {
  Outcome out;
  out.found = read_discovery_file(file, text, "no-such-folder", out.diagnostics);
  return out;
}

TEST(DiscoveryFile, ReadsTheOwnFormat) {
  const Outcome out = read(R"({ "endpoints": [ // two
      { "name": "a", "address": "10.0.0.1:8000", "labels": { "role": "decode" }, "attributes": { "max_concurrency": 8 } },
      { "name": "b", "address": "pod-b.svc:80" } ] })",
                           "pool.jsonc");
  EXPECT_THAT(out.endpoints(), ElementsAre("a 10.0.0.1:8000", "b pod-b.svc:80"));
  EXPECT_THAT(out.problems(), IsEmpty());
  EXPECT_EQ(out.found->skipped, 0u);
  EXPECT_EQ(out.found->endpoints[0].definition.labels[0].second, "decode");
  EXPECT_EQ(out.found->endpoints[0].attributes[0].name, "max_concurrency");
}

TEST(DiscoveryFile, ReadsThePeersFormat) {
  const Outcome out = read(R"(endpoints:
  - name: vllm-0
    address: 10.0.0.1
    port: "8000"
    labels: { llm-d.ai/role: decode }
  - name: vllm-1
    namespace: default
    address: 10.0.0.2
    port: 8001
  - name: vllm-0
    namespace: other
    address: 10.0.0.3
    port: "8000"
)");
  EXPECT_THAT(out.endpoints(),
              ElementsAre("vllm-0 10.0.0.1:8000", "vllm-1 10.0.0.2:8001", "other/vllm-0 10.0.0.3:8000"));
  EXPECT_THAT(out.problems(), IsEmpty());
  EXPECT_EQ(out.found->endpoints[0].definition.labels[0].first, "llm-d.ai/role");
}

TEST(DiscoveryFile, AnEmptyListIsAnAnswer) {
  EXPECT_THAT(read("endpoints: []").endpoints(), IsEmpty());
  EXPECT_THAT(read(R"({"endpoints":[]})").endpoints(), IsEmpty());
}

TEST(DiscoveryFile, WithoutAListNothingIsKnown) {
  for (const char* text :
       {"", "# nothing yet", "endpoints:", "endpoints: 3", "endpoints: {}", "[]", "hello", "endpoints: [",
        "endpoints: [\n", "{\"endpoints\": [}", "other: []", "\xff\xfe", "endpoints: []\nendpoints: []\n"}) {
    const Outcome out = read(text);
    EXPECT_FALSE(out.found.has_value()) << text;
    EXPECT_TRUE(out.diagnostics.has_errors()) << text;
  }
}

TEST(DiscoveryFile, LeavesOutOneEntryAfterTheOther) {
  const Outcome out = read(R"(endpoints:
  - name: good-0
    address: 10.0.0.1
    port: "8000"
  - address: 10.0.0.2
    port: "8000"
  - name: no-address
    port: "8000"
  - name: no-port
    address: 10.0.0.2
  - name: host-name
    address: pod.svc
    port: "8000"
  - name: ipv6
    address: "fd00::1"
    port: "8000"
  - name: short
    address: 10.0.1
    port: "8000"
  - name: port-text
    address: 10.0.0.2
    port: http
  - name: port-zero
    address: 10.0.0.2
    port: 0
  - name: port-high
    address: 10.0.0.2
    port: "65536"
  - name: port-list
    address: 10.0.0.2
    port: [1]
  - name: unknown-key
    address: 10.0.0.2
    port: "8000"
    lables: {}
  - name: good-0
    address: 10.0.0.2
    port: "8000"
  - name: ""
    address: 10.0.0.2
    port: "8000"
  - name: labels
    address: 10.0.0.2
    port: "8000"
    labels: [a]
  - just text
  -
  - name: good-1
    address: 10.0.0.9
    port: "8000"
)");
  EXPECT_THAT(out.endpoints(), ElementsAre("good-0 10.0.0.1:8000", "good-1 10.0.0.9:8000"));
  EXPECT_EQ(out.found->skipped, 16u);
  const auto problems = out.problems();
  ASSERT_EQ(problems.size(), 16u);
  EXPECT_THAT(problems[0], HasSubstr("5:5 E104"));
  EXPECT_THAT(problems[1], HasSubstr("7:5 E104"));
  EXPECT_THAT(problems[3], HasSubstr("12:14 E205"));
  EXPECT_THAT(problems[3], HasSubstr("must be an IPv4 address, found \"pod.svc\""));
  EXPECT_THAT(problems[6], HasSubstr("must be a port from 1 to 65535"));
  EXPECT_THAT(problems[10], HasSubstr("E102"));
  EXPECT_THAT(problems[11], HasSubstr("duplicate endpoint name \"good-0\""));
}

TEST(DiscoveryFile, LeavesOutBrokenEntriesOfTheOwnFormat) {
  const Outcome out = read(R"({"endpoints": [
    {"name": "good-0", "address": "10.0.0.1:8000"},
    {"address": "10.0.0.1:8000"},
    {"name": "no-address"},
    {"name": "no-port", "address": "10.0.0.1"},
    {"name": "good-0", "address": "10.0.0.2:8000"},
    {"name": "attribute", "address": "10.0.0.2:8000", "attributes": {"queue": "many"}},
    {"name": "key", "address": "10.0.0.2:8000", "adress": ""},
    17,
    {"name": "good-1", "address": "[fd00::1]:8000"}
  ]})",
                           "pool.json");
  EXPECT_THAT(out.endpoints(), ElementsAre("good-0 10.0.0.1:8000", "good-1 [fd00::1]:8000"));
  EXPECT_EQ(out.found->skipped, 7u);
  EXPECT_EQ(out.problems().size(), 7u);
}

TEST(DiscoveryFile, ThousandsOfBrokenEntriesDoNotHideTheGoodOne) {
  std::string text = "endpoints:\n";
  for (int i = 0; i < 3000; ++i) text += "- {name: a" + std::to_string(i) + ", address: x, port: '1'}\n";
  text += "- {name: good, address: 1.2.3.4, port: '1'}\n";
  const Outcome out = read(text);
  EXPECT_THAT(out.endpoints(), ElementsAre("good 1.2.3.4:1"));
  EXPECT_EQ(out.found->skipped, 3000u);
}

TEST(DiscoveryFile, HasALimit) {
  const std::string good = "endpoints:\n- {name: a, address: 1.2.3.4, port: '1'}\n";
  EXPECT_TRUE(read(good + std::string(kMaximumDiscoveryBytes - good.size() - 1, '#')).found.has_value());
  const Outcome out = read(good + std::string(kMaximumDiscoveryBytes, '#'));
  EXPECT_FALSE(out.found.has_value());
  EXPECT_TRUE(out.diagnostics.has_errors());
}

}  // namespace
