// SPDX-License-Identifier: Apache-2.0
// The published schema and the reader know the same keys.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <span>

#include "config/config_keys.hpp"
#include "config_test_support.hpp"

namespace shunt::config_test {
namespace {

namespace json = boost::json;

const json::value& schema() {
  static const json::value kSchema = json::parse(config_json_schema());
  return kSchema;
}

// Keys of the object that the schema describes at `pointer`, which must be closed.
std::set<std::string> keys(std::string_view pointer) {
  const json::object& object = schema().at_pointer(pointer).as_object();
  EXPECT_EQ(object.at("additionalProperties"), json::value(false)) << pointer;
  std::set<std::string> out;
  for (const auto& member : object.at("properties").as_object()) out.emplace(member.key());
  return out;
}

std::set<std::string> words(std::string_view pointer) {
  std::set<std::string> out;
  for (const json::value& word : schema().at_pointer(pointer).as_array()) out.emplace(word.as_string());
  return out;
}

std::set<std::string> names(std::span<const std::string_view> list) { return {list.begin(), list.end()}; }

std::set<std::string> names(std::span<const config_keys::ModelKey> list) {
  std::set<std::string> out;
  for (const config_keys::ModelKey& key : list) out.emplace(key.key);
  return out;
}

TEST(ConfigSchema, KeysAreThoseOfTheReader) {
  namespace k = config_keys;
  std::set<std::string> all = names(k::kConfig);
  all.merge(names(k::kHost));
  EXPECT_EQ(keys(""), all);
  EXPECT_EQ(keys("/definitions/library"), names(k::kLibrary));
  EXPECT_EQ(keys("/definitions/plugin"), names(k::kPlugin));
  EXPECT_EQ(keys("/definitions/profile"), names(k::kProfile));
  EXPECT_EQ(keys("/definitions/reference"), names(k::kReference));
  EXPECT_EQ(keys("/properties/limits"), names(k::kLimits));
  EXPECT_EQ(keys("/properties/limits/properties/breaker"), names(k::kBreaker));
  EXPECT_EQ(keys("/properties/routing"), names(k::kRouting));
  EXPECT_EQ(keys("/properties/routing/properties/scheduler"), names(k::kScheduler));
  EXPECT_EQ(keys("/properties/routing/properties/scheduler/properties/settings"), names(k::kSettings));
  EXPECT_EQ(keys("/properties/routing/properties/scheduler/properties/settings/properties/fifo"), names(k::kFifo));
  EXPECT_EQ(keys("/properties/routing/properties/swapper"), names(k::kSwapper));
  EXPECT_EQ(keys("/definitions/model"), names(k::kModel));
  EXPECT_EQ(keys("/definitions/model/properties/filters"), names(k::kFilters));
  EXPECT_EQ(keys("/definitions/model/properties/timeouts"), names(k::kTimeouts));
  EXPECT_EQ(keys("/definitions/model/properties/compat"), names(k::kCompat));
  EXPECT_EQ(keys("/definitions/model/properties/capabilities"), names(k::kCapabilities));
}

TEST(ConfigSchema, WordsAreThoseOfTheReader) {
  namespace k = config_keys;
  EXPECT_EQ(words("/properties/attributes/additionalProperties/enum"), names(k::kAttributeTypes));
  EXPECT_EQ(words("/definitions/plugin/properties/onError/enum"), names(k::kOnError));
  EXPECT_EQ(words("/definitions/reference/properties/onError/enum"), names(k::kOnError));
  EXPECT_EQ(words("/properties/routing/properties/scheduler/properties/use/enum"), names(k::kSchedulers));
  EXPECT_EQ(words("/definitions/priority/anyOf/1/enum"), names(k::kPriorityWords));
  EXPECT_EQ(schema().at_pointer("/properties/apiVersion/const"), json::value(k::kApiVersion));
  EXPECT_EQ(schema().at_pointer("/properties/kind/const"), json::value(k::kKind));
}

TEST(ConfigSchema, DefaultsAreThoseOfTheReader) {
  const Config config;
  EXPECT_EQ(schema().at_pointer("/properties/limits/properties/handlerRounds/default").as_int64(),
            config.limits.handler_rounds);
  EXPECT_EQ(schema().at_pointer("/properties/limits/properties/pluginBudgetMicroseconds/default").as_int64(),
            config.limits.plugin_budget_microseconds);
  const std::string breaker = "/properties/limits/properties/breaker/properties/";
  const auto bound = [&breaker](const char* key) { return schema().at_pointer(breaker + key + "/default").as_int64(); };
  EXPECT_EQ(schema().at_pointer(breaker + "enabled/default").as_bool(), config.limits.breaker.enabled);
  EXPECT_EQ(bound("calls"), config.limits.breaker.calls);
  EXPECT_EQ(bound("failedPercent"), config.limits.breaker.failed_percent);
  EXPECT_EQ(bound("slowPercent"), config.limits.breaker.slow_percent);
  EXPECT_EQ(bound("openMilliseconds"), config.limits.breaker.open_milliseconds);
  EXPECT_EQ(bound("probes"), config.limits.breaker.probes);
  EXPECT_EQ(schema().at_pointer("/definitions/model/properties/concurrencyLimit/default").as_int64(),
            ModelConfig{}.concurrency_limit);
}

TEST(ConfigSchema, ProgramHoldsThePublishedFile) {
  std::ifstream in(SHUNT_SOURCE_DIRECTORY "/docs/reference/config.schema.json");
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(config_json_schema(), text);
}

}  // namespace
}  // namespace shunt::config_test
