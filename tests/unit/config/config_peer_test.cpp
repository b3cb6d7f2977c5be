// SPDX-License-Identifier: Apache-2.0
// What is added to a config of the llm-d endpoint picker, because the endpoint picker adds it, and what its parameters become.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/peer_parameters.hpp"
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
           {"- type: session-affinity-filter\n  parameters: { strategy: session_id, sessionIdConfig: { sources: [ "
            "{ attribute: session_id } ] } }\n",
            {"session-affinity-filter", "session-id-producer"}},
           {"- type: session-affinity-filter\n  parameters: { sessionIdConfig: { sources: [ { attribute: session_id } "
            "] "
            "} }\n",
            {"session-affinity-filter"}},
           {"- type: session-affinity-scorer\n  parameters: { strategy: session_id, sessionIdConfig: { sources: [ "
            "{ header: x-session-id }, { attribute: agent-identity } ] } }\n",
            {"session-affinity-scorer"}},
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

std::string parameters(const Loaded& loaded, std::size_t plugin = 0) {
  return json_text(loaded.config->plugins.at(plugin).parameters);
}

TEST(PeerConfig, SessionsHaveOneName) {
  for (const char* source :
       {"attribute: session_id", "attribute: SessionID", "attribute: session_id, producer: session-id-producer",
        "attribute: SessionID/session-id-producer", "attribute: session-id-producer/session_id"}) {
    const Loaded loaded = peer(std::string("- type: session-affinity-scorer\n  parameters: { strategy: session_id, "
                                           "sessionIdConfig: { sources: [ { ") +
                               source + " } ] } }\n");
    EXPECT_EQ(parameters(loaded),
              R"({"strategy":"session_id","sessionIdConfig":{"sources":[{"attribute":"session_id"}]}})");
    EXPECT_THAT(types(loaded), ElementsAre("session-affinity-scorer", "session-id-producer")) << source;
  }
  const Loaded named = peer(
      "- { type: session-id-producer, name: mine }\n- type: session-affinity-filter\n  parameters: { strategy: "
      "session_id, "
      "sessionIdConfig: { sources: [ { attribute: SessionID, producer: mine } ] } }\n");
  EXPECT_THAT(parameters(named, 1), HasSubstr(R"({"attribute":"session_id","producer":"mine"})"));
  EXPECT_EQ(named.config->plugins.size(), 2U);
}

TEST(PeerConfig, PagesAreSetAtTheExtractor) {
  const Loaded added = peer("- { type: metrics-data-source, parameters: { path: /stats, interval: 1m30s } }\n");
  EXPECT_THAT(types(added), ElementsAre("prometheus-extractor"));
  EXPECT_EQ(parameters(added), R"({"path":"/stats","intervalMs":90000})");
  EXPECT_THAT(added.codes(), ElementsAre("C111"));

  const Loaded given = peer(
      "- { type: core-metrics-extractor, parameters: { defaultEngine: sglang } }\n"
      "- { type: metrics-data-source, parameters: { path: /metrics, interval: 20ms, scheme: http } }\n");
  EXPECT_EQ(parameters(given), R"({"defaultEngine":"sglang","intervalMs":50})") << "no shorter one is possible";
  EXPECT_THAT(given.codes(), ElementsAre("C111"));

  EXPECT_THAT(types(peer("- { type: metrics-data-source, parameters: { path: /metrics } }\n")), IsEmpty());
}

TEST(PeerConfig, EachSourceSetsTheExtractorsThatItIsConnectedWith) {
  const Loaded loaded = peer(
      "- { type: core-metrics-extractor, name: one }\n- { type: core-metrics-extractor, name: two }\n"
      "- { type: metrics-data-source, name: a, parameters: { path: /a } }\n"
      "- { type: metrics-data-source, name: b, parameters: { path: /b } }\n"
      "dataLayer: { sources: [ { pluginRef: a, extractors: [ { pluginRef: two } ] }, "
      "{ pluginRef: b, extractors: [ { pluginRef: one } ] } ] }\n");
  EXPECT_EQ(parameters(loaded, 0), R"({"path":"/b"})");
  EXPECT_EQ(parameters(loaded, 1), R"({"path":"/a"})");
}

TEST(PeerConfig, EnginesAreTranslated) {
  const Loaded loaded = peer(R"(
- type: core-metrics-extractor
  parameters:
    engineLabelKey: engine
    defaultEngine: atom
    customMetrics: [ { attributeKey: a, metricSpec: a_total } ]
    engineConfigs:
    - name: atom
      queuedRequestsSpec: atom:waiting
      runningRequestsSpec: "atom:requests{state=running}"
      cacheInfoSpec: atom:cache
      customMetrics: [ { attributeKey: b, metricSpec: b_total, optional: true } ]
    - { name: vllm, kvUsageSpec: vllm:used, loraSpec: vllm:lora, further: 1 }
)");
  EXPECT_EQ(loaded.text(), "");
  const boost::json::value expected = boost::json::parse(R"({
    "engineLabel": "engine", "defaultEngine": "atom",
    "customMetrics": [{"attribute": "a", "metric": "a_total"}, {"attribute": "b", "metric": "b_total"}],
    "engines": {
      "atom": {"queue": "atom:waiting", "running": "atom:requests{state=running}", "blockSize": "atom:cache",
               "blockSizeLabel": "block_size", "blocks": "atom:cache", "blocksLabel": "num_gpu_blocks"},
      "vllm": {"queue": "", "running": "", "kvCacheUsage": "vllm:used", "blockSize": "", "blocks": "", "lora": "vllm:lora",
               "loraActiveLabel": "running_lora_adapters", "loraWaitingLabel": "waiting_lora_adapters",
               "loraMaxLabel": "max_lora", "further": 1}}})");
  EXPECT_EQ(loaded.config->plugins.front().parameters, expected) << parameters(loaded);
  EXPECT_THAT(peer("- { type: core-metrics-extractor, parameters: { engineConfigs: [ {}, 1 ] } }\n").codes(),
              ElementsAre("C106", "C105"));
}

TEST(PeerConfig, ParametersWithOtherNamesAreTakenOver) {
  struct Case {
    const char* plugin;
    const char* parameters;
  };
  for (const Case& one : std::vector<Case>{
           {"concurrency-detector, parameters: { concurrencyMode: tokens, maxConcurrency: 4 }",
            R"({"mode":"tokens","maxConcurrency":4})"},
           {"concurrency-detector, parameters: { mode: hybrid }", R"({"mode":"hybrid"})"},
           {"disagg-profile-handler, parameters: { deciderPluginName: d }", R"({"deciders":{"prefill":"d"}})"},
           {"disagg-profile-handler, parameters: { deciderPluginName: d, deciders: { prefill: e } }",
            R"({"deciders":{"prefill":"e"}})"},
           {"disagg-profile-handler, parameters: { encodeDeciderPluginName: d, prefillProfile: p, decodeProfile: '' }",
            R"({"deciders":{"encode":"d"},"profiles":{"prefill":"p"}})"},
           {"prefix-cache-affinity-filter, parameters: { inFlightLoadProducerName: inflight-load-producer }", "{}"},
           {"token-producer, parameters: { backend: estimate }", "{}"},
       }) {
    const Loaded loaded = peer(std::string("- { type: ") + one.plugin + " }\n");
    EXPECT_EQ(loaded.text(), "");
    // The order of members is not that of the text.
    EXPECT_EQ(loaded.config->plugins.front().parameters, boost::json::parse(one.parameters)) << parameters(loaded);
    EXPECT_EQ(loaded.config->plugins.front().effective_parameters, loaded.config->plugins.front().parameters);
  }
}

TEST(PeerConfig, AFileWithoutPathIsOneMistake) {
  const Loaded loaded = peer("- type: queue-scorer\n- type: file-discovery\n");
  EXPECT_THAT(loaded.codes(), ElementsAre("C106"));
  EXPECT_FALSE(loaded.config->host.contains("discovery"));
}

TEST(PeerConfig, DurationsAreThoseOfThePeer) {
  EXPECT_EQ(duration_ms("1s"), 1000);
  EXPECT_EQ(duration_ms("1m30s"), 90000);
  EXPECT_EQ(duration_ms("0.5s"), 500);
  EXPECT_EQ(duration_ms("1h"), 3600000);
  EXPECT_EQ(duration_ms("1500us"), 1.5);
  for (const char* wrong : {"", "1", "s", "1x", "-1s", "1s2", "1e3s", "infs"})
    EXPECT_EQ(duration_ms(wrong), std::nullopt) << wrong;
}

TEST(PeerConfig, AConfigOfThisProgramGetsNothing) {
  const Loaded loaded = read(R"({"plugins": [{"type": "latency-scorer"}, {"type": "token-load-scorer"}]})");
  EXPECT_THAT(types(loaded), ElementsAre("latency-scorer", "token-load-scorer"));
}

}  // namespace
}  // namespace shunt::config_test
