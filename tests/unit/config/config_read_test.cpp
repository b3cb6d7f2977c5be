// SPDX-License-Identifier: Apache-2.0
// First pass: what the file says arrives as it was written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/value.hpp>

#include "config_test_support.hpp"

namespace shunt::config_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ReadConfig, EmptyDocumentIsAnEmptyConfig) {
  for (const char* text : {"", "{}", "// nothing"}) {
    const Loaded loaded = read(text);
    ASSERT_TRUE(loaded.config) << text;
    EXPECT_TRUE(loaded.diagnostics.empty());
    EXPECT_TRUE(loaded.config->plugins.empty());
    EXPECT_EQ(loaded.config->limits.handler_rounds, 8U);
    EXPECT_EQ(loaded.config->limits.plugin_budget_microseconds, 1000U);
    EXPECT_EQ(loaded.config->routing.scheduler, SwapOrder::Serial);
  }
}

TEST(ReadConfig, RootMustBeAnObject) {
  const Loaded loaded = read("[1]");
  EXPECT_FALSE(loaded.config);
  EXPECT_THAT(loaded.codes(), ElementsAre("C105"));
}

constexpr const char* kEverything = R"({
  "apiVersion": "shunt/v1", "kind": "Config",
  "libraries": ["queue_scorer.so", {"path": "/opt/fancy.so",
    "sha256": "ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef0123456789"}, {"path": "plain.so"}],
  "pluginDirs": ["/opt/plugins"],
  "attributes": {"temperature": "number", "spot": "flag", "tier": "name", "adapters": "set"},
  "plugins": [{"type": "queue-scorer", "name": "queue", "parameters": {"window": 3}, "onError": "fail"},
              {"type": "max-score-picker"}],
  "schedulingProfiles": [{"name": "p", "plugins": [
    {"pluginRef": "queue", "weight": 2.5, "onError": "skip"}, {"pluginRef": "max-score-picker"}]}],
  "limits": {"handlerRounds": 3, "pluginBudgetMicroseconds": 250,
    "breaker": {"enabled": false, "calls": 20, "failedPercent": 0, "slowPercent": 100, "openMilliseconds": 7,
                "probes": 1}},
  "models": {"a": {"cmd": "serve a", "aliases": ["x", "y"], "concurrencyLimit": 4, "pinned": true, "bytes": 1024,
                   "loadCostMs": 1.5, "priority": "high", "ttl": -1, "env": ["K=v"], "metadata": {"k": [1]},
                   "filters": {"stripParams": "a,b", "setParams": {"t": 1}, "setParamsByID": {"z": {"t": 2}}},
                   "timeouts": {"connect": 3}, "compat": {"ignoreWebsockets": true},
                   "capabilities": {"in": ["text"], "context": 8192}}, "b": {"concurrencyLimit": 0}, "c": null},
  "routing": {"scheduler": {"use": "fifo", "settings": {"fifo": {"priority": {"b": 7, "a": "low"}}}},
              "swapper": {"pluginRef": "groups"}}})";

TEST(ReadConfig, TakesEverything) {
  const Loaded loaded = read(kEverything);
  ASSERT_TRUE(loaded.diagnostics.empty()) << loaded.text();
  const Config& config = *loaded.config;

  ASSERT_EQ(config.libraries.size(), 3U);
  EXPECT_EQ(config.libraries[1].path, "/opt/fancy.so");
  EXPECT_EQ(config.libraries[1].sha256, "abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789");
  EXPECT_EQ(config.libraries[1].pointer, "/libraries/1");
  EXPECT_THAT(config.plugin_dirs, ElementsAre("/opt/plugins"));
  ASSERT_EQ(config.attributes.size(), 4U);
  EXPECT_EQ(config.attributes[1].type, AttributeType::Flag);
  EXPECT_EQ(config.attributes[3].name, "adapters");
  EXPECT_EQ(config.attributes[3].type, AttributeType::Set);

  EXPECT_EQ(config.plugins[0].name, "queue");
  EXPECT_EQ(config.plugins[0].on_error, OnError::Fail);
  EXPECT_EQ(json_text(config.plugins[0].parameters), R"({"window":3})");
  EXPECT_EQ(config.plugins[1].name, "max-score-picker") << "the type is the default";
  EXPECT_EQ(json_text(config.plugins[1].parameters), "{}");

  const PluginReference& reference = config.profiles.at(0).plugins.at(0);
  EXPECT_EQ(reference.plugin, "queue");
  EXPECT_EQ(reference.weight, 2.5);
  EXPECT_EQ(reference.on_error, OnError::Skip);
  EXPECT_EQ(reference.pointer, "/schedulingProfiles/0/plugins/0");
  EXPECT_EQ(config.profiles[0].plugins[1].weight, 1.0);

  EXPECT_EQ(config.limits.handler_rounds, 3U);
  EXPECT_EQ(config.limits.plugin_budget_microseconds, 250U);
  EXPECT_EQ(config.limits.breaker, (BreakerBounds{false, 20, 0, 100, 7, 1}));

  ASSERT_EQ(config.models.size(), 3U);
  const ModelConfig& model = config.models[0];
  EXPECT_EQ(model.id, "a");
  EXPECT_EQ(model.cmd, "serve a");
  EXPECT_THAT(model.aliases, ElementsAre("x", "y"));
  EXPECT_EQ(model.concurrency_limit, 4U);
  EXPECT_TRUE(model.pinned);
  EXPECT_EQ(model.bytes, 1024U);
  EXPECT_EQ(model.load_cost_ms, 1.5);
  EXPECT_EQ(model.priority, 1);
  EXPECT_EQ(model.raw.at("ttl").as_int64(), -1);
  EXPECT_EQ(config.models[1].concurrency_limit, 10U) << "0 means the default";
  EXPECT_EQ(config.models[2].id, "c");

  EXPECT_EQ(config.routing.scheduler, SwapOrder::Fifo);
  EXPECT_EQ(config.routing.swapper, "groups");
  EXPECT_THAT(config.routing.fifo_priority, ElementsAre(testing::Pair("b", 7), testing::Pair("a", -1)));
}

TEST(ReadConfig, JsonAndYamlGiveTheSame) {
  const Loaded from_json = read(kEverything, "a.json");
  const Loaded from_yaml = read(kEverything, "a.yaml");
  ASSERT_TRUE(from_yaml.diagnostics.empty()) << from_yaml.text();
  EXPECT_EQ(effective_config(*from_json.config), effective_config(*from_yaml.config));
}

TEST(ReadConfig, PartsWithoutValueAreAbsent) {
  const Loaded loaded = read("plugins:\nschedulingProfiles:\nmodels:\n  a:\nlimits:\nrouting:\n", "a.yaml");
  EXPECT_TRUE(loaded.diagnostics.empty()) << loaded.text();
  EXPECT_THAT(loaded.config->plugins, IsEmpty());
  EXPECT_EQ(loaded.config->models.size(), 1U);
  EXPECT_FALSE(loaded.config->routing.written);
}

TEST(ReadConfig, EveryCodeOfTheFirstPass) {
  const auto codes = [](const char* text) { return read(text, "a.yaml").codes(); };
  EXPECT_THAT(codes("{kind: Konfig}"), ElementsAre("C110"));
  EXPECT_THAT(codes("{plugins: [{name: x}]}"), ElementsAre("C106"));
  EXPECT_THAT(codes("{plugins: [{type: ''}]}"), ElementsAre("C406"));
  EXPECT_THAT(codes("{plugins: [x, 3]}"), ElementsAre("C105", "C105"));
  EXPECT_THAT(codes("{plugins: [{type: x, name: 3}]}"), ElementsAre("C105"));
  EXPECT_THAT(codes("{schedulingProfiles: [{plugins: []}]}"), ElementsAre("C106"));
  EXPECT_THAT(codes("{schedulingProfiles: [{name: a, plugins: {}}]}"), ElementsAre("C105"));
  EXPECT_THAT(codes("{schedulingProfiles: [{name: a, plugins: [{}]}]}"), ElementsAre("C106"));
  EXPECT_THAT(codes("{limits: {handlerRounds: 65}}"), ElementsAre("C404"));
  EXPECT_THAT(codes("{limits: {handlerRounds: 1.5}}"), ElementsAre("C105"));
  EXPECT_THAT(codes("{limits: {handlerRounds: 18446744073709551615}}"), ElementsAre("C404"));
  EXPECT_THAT(codes("{attributes: {'': number}}"), ElementsAre("C406"));
  EXPECT_THAT(codes("{models: {'': {}}}"), ElementsAre("C406"));
  EXPECT_THAT(codes("{models: {a: {metadata: {x: [.nan]}}}}"), ElementsAre("C401"));
  EXPECT_THAT(codes("{models: {a: {loadCostMs: .inf}}}"), ElementsAre("C401"));
  EXPECT_THAT(codes("{models: {a: {loadCostMs: -1}}}"), ElementsAre("C404"));
  EXPECT_THAT(codes("{models: {a: {priority: 1.5}}}"), ElementsAre("C105"));
  EXPECT_THAT(codes("{models: {a: {priority: 3000000000}}}"), ElementsAre("C404"));
  EXPECT_THAT(codes("{models: {a: {timeouts: {conect: 1}}}}"), ElementsAre("C104"));
  EXPECT_THAT(codes("{models: {a: {aliases: [a]}}}"), ElementsAre("C214"));
  EXPECT_THAT(codes("{routing: {scheduler: {use: serail}}}"), ElementsAre("C405"));
  EXPECT_THAT(codes("{routing: {swapper: {}}}"), ElementsAre("C106"));
  EXPECT_THAT(codes("{routing: {scheduler: {settings: {fifo: {priority: {x: 1}}}}}}"), ElementsAre("C213"));
}

}  // namespace
}  // namespace shunt::config_test
