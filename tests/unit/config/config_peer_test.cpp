// SPDX-License-Identifier: Apache-2.0
// What is added to a config of the llm-d endpoint picker, because the endpoint picker adds it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config_test_support.hpp"

namespace shunt::config_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Loaded peer(const std::string& plugins) {
  return read("apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\nplugins:\n" + plugins, "epp.yaml");
}

std::vector<std::string> types(const Loaded& loaded) {
  std::vector<std::string> out;
  for (const PluginConfig& plugin : loaded.config->plugins) out.push_back(plugin.type);
  return out;
}

TEST(PeerConfig, GetsTheProducersThatItsPluginsRequire) {
  struct Case {
    const char* plugins;
    std::vector<std::string> types;
  };
  for (const Case& one : std::vector<Case>{
           {"- type: queue-scorer\n", {"queue-scorer"}},
           {"- type: token-load-scorer\n- type: active-request-scorer\n",
            {"token-load-scorer", "active-request-scorer", "inflight-load-producer"}},
           {"- type: concurrency-detector\n", {"concurrency-detector", "inflight-load-producer"}},
           {"- type: latency-scorer\n",
            {"latency-scorer", "predicted-latency-producer", "approx-prefix-cache-producer"}},
           {"- type: slo-headroom-tier-filter\n", {"slo-headroom-tier-filter", "predicted-latency-producer"}},
           {"- type: prefix-cache-affinity-filter\n", {"prefix-cache-affinity-filter", "inflight-load-producer"}},
           {"- type: prefix-cache-affinity-filter\n  parameters: { ttftSource: latencyPredictor }\n",
            {"prefix-cache-affinity-filter", "predicted-latency-producer"}},
       }) {
    const Loaded loaded = peer(one.plugins);
    EXPECT_EQ(loaded.text(), "");
    EXPECT_EQ(types(loaded), one.types) << one.plugins;
  }
}

TEST(PeerConfig, WhatIsConfiguredIsNotAdded) {
  const Loaded loaded = peer(
      "- { type: token-load-scorer }\n- { type: inflight-load-producer, name: mine }\n"
      "- { type: latency-scorer, parameters: { latencyPredictionInfoProducerName: far, prefixMatchInfoProducerName: "
      "far } }\n");
  EXPECT_THAT(types(loaded), ElementsAre("token-load-scorer", "inflight-load-producer", "latency-scorer"));
}

TEST(PeerConfig, WhatIsAddedStandsInTheConfigThatSaysTheSame) {
  const Loaded loaded = peer("- type: token-load-scorer\n- { type: queue-scorer, name: inflight-load-producer }\n");
  EXPECT_THAT(types(loaded), ElementsAre("token-load-scorer", "queue-scorer", "inflight-load-producer"));
  EXPECT_EQ(loaded.config->plugins.back().name, "inflight-load-producer-2") << "the name is taken";
  EXPECT_FALSE(loaded.config->plugins.back().injected);
  EXPECT_THAT(json_text(effective_config(*loaded.config)), HasSubstr(R"("name":"inflight-load-producer-2")"));
}

TEST(PeerConfig, NoModelServerIsAskedForTokens) {
  const Loaded loaded = peer(
      "- type: token-producer\n  parameters: { modelName: llama, vllm: { url: 'http://a:8000' }, estimate: {} }\n");
  EXPECT_THAT(loaded.codes(), ElementsAre("C111", "C111"));
  EXPECT_THAT(loaded.text(), HasSubstr("\"vllm\" is not taken over: tokens are estimated"));
  EXPECT_EQ(json_text(loaded.config->plugins.front().parameters), R"({"estimate":{}})");
  EXPECT_THAT(peer("- type: tokenizer\n").codes(), IsEmpty());
}

TEST(PeerConfig, AConfigOfThisProgramGetsNothing) {
  const Loaded loaded = read(R"({"plugins": [{"type": "latency-scorer"}, {"type": "token-load-scorer"}]})");
  EXPECT_THAT(types(loaded), ElementsAre("latency-scorer", "token-load-scorer"));
}

}  // namespace
}  // namespace shunt::config_test
