// SPDX-License-Identifier: Apache-2.0
// The effective config says everything, and says the same when it is read again.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json/value.hpp>
#include <shunt/framework/json_text.hpp>

#include "config_test_support.hpp"

namespace shunt::config_test {
namespace {

namespace json = boost::json;

TEST(EffectiveConfig, LeavesNothingOut) {
  const Loaded loaded =
      load(R"({"plugins": [{"type": "role-filter", "parameters": {"role": "decode"}, "onError": "skip"}],
    "models": {"a": {"priority": "high"}}})");
  ASSERT_FALSE(loaded.diagnostics.has_errors()) << loaded.text();
  EXPECT_EQ(
      json_text(effective_config(*loaded.config)),
      R"({"apiVersion":"shunt/v1","kind":"Config","plugins":[)"
      R"({"type":"role-filter","name":"role-filter","parameters":{"role":"decode"},"onError":"skip"},)"
      R"({"type":"max-score-picker","name":"max-score-picker","parameters":{"ties":"random"}},)"
      R"({"type":"single-profile-handler","name":"single-profile-handler","parameters":{}}],)"
      R"("schedulingProfiles":[{"name":"default","plugins":[{"pluginRef":"role-filter","weight":1},)"
      R"({"pluginRef":"max-score-picker","weight":1}]}],)"
      R"("limits":{"handlerRounds":8,"pluginBudgetMicroseconds":1000,"pluginHangMilliseconds":2000,"controlHangMilliseconds":30000,)"
      R"("breaker":{"enabled":true,"calls":100,"failedPercent":50,"slowPercent":50,"openMilliseconds":5000,"probes":5}},)"
      R"("models":{"a":{"priority":1,"concurrencyLimit":10,"pinned":false,"bytes":0,"loadCostMs":0}},)"
      R"("routing":{"scheduler":{"use":"serial"}}})");
}

TEST(EffectiveConfig, WritesFractionsAsPeopleDo) {
  const Loaded loaded = load(R"({"plugins": [{"type": "queue-scorer", "parameters": {"threshold": 0.25}}]})");
  ASSERT_FALSE(loaded.diagnostics.has_errors()) << loaded.text();
  const std::string text = shunt::json_text(effective_config(*loaded.config));
  EXPECT_NE(text.find(R"("threshold":0.25)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"({"factor":0.5,)"), std::string::npos) << text;
}

// The text of a config that is correct, with random parts.
std::string random_config() {
  const auto maybe = [](std::string text) { return *rc::gen::arbitrary<bool>() ? text : std::string(); };
  const auto number = [](int most, double part) { return json_text(*rc::gen::inRange(1, most) / part); };
  static const std::vector<std::string> kTypes = {
      "queue-scorer", "kv-cache-utilization-scorer", "prefix-cache", "group", "token-producer", "random-picker"};
  std::string plugins;
  std::string references;
  for (const std::string& type : kTypes) {
    if (*rc::gen::arbitrary<bool>()) continue;
    const std::string own_name = maybe("my-" + type);
    const std::string name = own_name.empty() ? type : own_name;
    plugins += "{\"type\": \"" + type + "\"";
    if (!own_name.empty()) plugins += ", \"name\": \"" + name + "\"";
    if (type == "queue-scorer") plugins += maybe(", \"parameters\": {\"threshold\": " + number(999, 7) + "}");
    plugins += "}, ";
    if (type == "group" || type == "token-producer") continue;
    references += "{\"pluginRef\": \"" + name + "\"";
    if (type != "random-picker") references += maybe(", \"weight\": " + number(1000, 13));
    references += maybe(", \"onError\": \"skip\"") + "}, ";
  }
  return "{\"plugins\": [" + plugins + "], " +
         maybe("\"schedulingProfiles\": [{\"name\": \"p\", \"plugins\": [" + references + "]}], ") +
         maybe("\"limits\": {\"handlerRounds\": " + std::to_string(*rc::gen::inRange(1, 65)) + "}, ") +
         maybe("\"libraries\": [\"a.so\", {\"path\": \"b.so\", \"sha256\": \"" + std::string(64, 'A') + "\"}], ") +
         maybe("\"attributes\": {\"heat\": \"number\"}, ") +
         maybe("\"models\": {\"a\": {\"loadCostMs\": " + number(1000, 3) + ", \"ttl\": 3}, \"b\": {}}, " +
               "\"routing\": {\"scheduler\": {\"use\": \"fifo\", \"settings\": {\"fifo\": {\"priority\": {\"b\": "
               "\"low\"}}}}}") +
         "}";
}

RC_GTEST_PROP(EffectiveConfig, ReadAgainSaysTheSame, ()) {
  const Loaded first = load(random_config());
  RC_ASSERT(!first.diagnostics.has_errors());
  const json::value once = effective_config(*first.config);
  for (const char* file : {"again.json", "again.yaml"}) {
    const Loaded second = load(json_text(once), file);
    RC_ASSERT(!second.diagnostics.has_errors());
    RC_ASSERT(json_text(effective_config(*second.config)) == json_text(once));
  }
}

RC_GTEST_PROP(EffectiveConfig, ResolvingTwiceChangesNothing, ()) {
  Loaded loaded = load(random_config());
  const json::value once = effective_config(*loaded.config);
  RC_ASSERT(resolve_config(*loaded.config, FakeCatalog(), loaded.diagnostics));
  RC_ASSERT(effective_config(*loaded.config) == once);
}

}  // namespace
}  // namespace shunt::config_test
