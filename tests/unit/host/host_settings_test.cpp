// SPDX-License-Identifier: Apache-2.0
// The sections of a running host: their reader and the published schema know the same keys, bounds and defaults.
#include "settings/host_settings.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <set>

namespace shunt::host {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 7> kObjects = {"discovery", "dataLayer", "upstream", "serve",
                                                      "admin",     "log",       "reload"};

const json::object& schema_of(std::string_view section) {
  static const json::value kSchema = json::parse(config_json_schema());
  return kSchema.at("properties").at(section).as_object();
}

struct ReadResult {
  HostSettings settings;
  Diagnostics diagnostics;
};

ReadResult read(const json::object& root) {
  ReadResult result;
  auto document = Document::parse("router.json", json::serialize(root), DocumentFormat::Json, result.diagnostics);
  const auto config = read_config(std::make_shared<const Document>(std::move(*document)), result.diagnostics);
  result.settings = read_host_settings(*config, "/etc/shunt", result.diagnostics);
  return result;
}

std::string messages(const Diagnostics& diagnostics) { return render_text(diagnostics, false); }

// A value that the schema allows: its default, else something of the type.
json::value sample(const json::object& schema) {
  if (const json::value* fallback = schema.if_contains("default")) return *fallback;
  const std::string_view type = schema.at("type").as_string();
  if (type == "object") {
    json::object out;
    if (const json::value* properties = schema.if_contains("properties")) {
      for (const auto& property : properties->as_object()) out[property.key()] = sample(property.value().as_object());
    }
    return out;
  }
  if (type == "array") return json::array{sample(schema.at("items").as_object())};
  if (type == "integer") return schema.at("minimum");
  return "x";
}

json::value without_port(json::value discovery) {
  discovery.at("dns").as_array()[0].as_object()["port"] = 8000;
  return discovery;
}

TEST(HostSettings, EveryKeyOfTheSchemaIsRead) {
  for (const std::string_view section : kObjects) {
    json::value value = sample(schema_of(section));
    if (section == "discovery") value = without_port(std::move(value));
    const ReadResult result = read({{section, value}});
    EXPECT_TRUE(result.diagnostics.empty()) << messages(result.diagnostics);
  }
}

// The note of C104 lists the reader's keys. `path` leads to an object of the section.
void expect_keys(const json::object& schema, std::vector<std::string> path) {
  json::object root;
  json::object* place = &root;
  for (const std::string& key : path) {
    json::value& inner = (*place)[key];
    inner = json::object{};
    place = &inner.as_object();
  }
  (*place)["noSuchKeyAnywhere"] = 1;
  const ReadResult result = read(root);
  std::string expected = "allowed keys: ";
  std::set<std::string> keys;
  for (const auto& property : schema.at("properties").as_object()) keys.emplace(property.key());
  std::set<std::string> found;
  for (const Diagnostic& diagnostic : result.diagnostics) {
    if (diagnostic.code != "C104") continue;
    std::string_view list = std::string_view(diagnostic.notes.at(0)).substr(expected.size());
    while (!list.empty()) {
      const std::size_t end = std::min(list.find(", "), list.size());
      found.emplace(list.substr(0, end));
      list.remove_prefix(std::min(end + 2, list.size()));
    }
  }
  EXPECT_EQ(found, keys) << path.back();
  for (const auto& property : schema.at("properties").as_object()) {
    const json::object& inner = property.value().as_object();
    if (!inner.contains("properties")) continue;
    path.emplace_back(property.key());
    expect_keys(inner, path);
    path.pop_back();
  }
}

TEST(HostSettings, EveryKeyOfTheReaderIsInTheSchema) {
  for (const std::string_view section : kObjects) expect_keys(schema_of(section), {std::string(section)});
}

// Written down, a default changes nothing.
TEST(HostSettings, DefaultsAreThoseOfTheSchema) {
  const HostSettings plain;
  json::object root;
  for (const std::string_view section : {"dataLayer", "admin", "log", "reload"}) {
    json::value value = sample(schema_of(section));
    if (section == "admin") value.as_object().erase("hosts");
    root[section] = value;
  }
  json::object serve = sample(schema_of("serve")).as_object();
  serve.erase("tls");
  root["serve"] = serve;
  const HostSettings read_back = read(root).settings;
  EXPECT_EQ(read_back.serve.listen, plain.serve.listen);
  EXPECT_EQ(read_back.serve.threads, plain.serve.threads);
  EXPECT_EQ(read_back.serve.fallbacks, plain.serve.fallbacks);
  EXPECT_EQ(read_back.serve.decision_header, plain.serve.decision_header);
  EXPECT_EQ(read_back.serve.drain_delay_ms, plain.serve.drain_delay_ms);
  EXPECT_EQ(read_back.serve.drain_ms, plain.serve.drain_ms);
  EXPECT_EQ(read_back.serve.limits.header_bytes, plain.serve.limits.header_bytes);
  EXPECT_EQ(read_back.serve.limits.body_bytes, plain.serve.limits.body_bytes);
  EXPECT_EQ(read_back.serve.limits.connections, plain.serve.limits.connections);
  EXPECT_EQ(read_back.serve.timeouts.header_ms, plain.serve.timeouts.header_ms);
  EXPECT_EQ(read_back.serve.timeouts.body_ms, plain.serve.timeouts.body_ms);
  EXPECT_EQ(read_back.serve.timeouts.idle_ms, plain.serve.timeouts.idle_ms);
  EXPECT_EQ(read_back.serve.timeouts.connect_ms, plain.serve.timeouts.connect_ms);
  EXPECT_EQ(read_back.serve.timeouts.response_header_ms, plain.serve.timeouts.response_header_ms);
  EXPECT_EQ(read_back.serve.timeouts.response_idle_ms, plain.serve.timeouts.response_idle_ms);
  EXPECT_EQ(read_back.serve.timeouts.write_ms, plain.serve.timeouts.write_ms);
  EXPECT_EQ(read_back.serve.retries.attempts, plain.serve.retries.attempts);
  EXPECT_EQ(read_back.serve.retries.budget_percent, plain.serve.retries.budget_percent);
  EXPECT_EQ(read_back.data_layer.publish_interval_ms, plain.data_layer.publish_interval_ms);
  EXPECT_EQ(read_back.data_layer.minimum_interval_ms, plain.data_layer.minimum_interval_ms);
  EXPECT_EQ(read_back.data_layer.timeout_ms, plain.data_layer.timeout_ms);
  EXPECT_EQ(read_back.data_layer.back_off_max_ms, plain.data_layer.back_off_max_ms);
  EXPECT_EQ(read_back.data_layer.stale_after_ms, plain.data_layer.stale_after_ms);
  EXPECT_EQ(read_back.data_layer.page_bytes, plain.data_layer.page_bytes);
  EXPECT_EQ(read_back.data_layer.health.enabled, plain.data_layer.health.enabled);
  EXPECT_EQ(read_back.data_layer.health.path, plain.data_layer.health.path);
  EXPECT_EQ(read_back.data_layer.health.interval_ms, plain.data_layer.health.interval_ms);
  EXPECT_EQ(read_back.data_layer.health.timeout_ms, plain.data_layer.health.timeout_ms);
  EXPECT_EQ(read_back.data_layer.health.unhealthy_after, plain.data_layer.health.unhealthy_after);
  EXPECT_EQ(read_back.data_layer.health.healthy_after, plain.data_layer.health.healthy_after);
  EXPECT_EQ(read_back.admin.enabled, plain.admin.enabled);
  EXPECT_EQ(read_back.admin.listen, plain.admin.listen);
  EXPECT_EQ(read_back.admin.decisions.keep, plain.admin.decisions.keep);
  EXPECT_EQ(read_back.admin.decisions.explained_per_second, plain.admin.decisions.explained_per_second);
  EXPECT_EQ(read_back.admin.decisions.bundles, plain.admin.decisions.bundles);
  EXPECT_EQ(read_back.log.level, plain.log.level);
  EXPECT_EQ(read_back.log.json, plain.log.json);
  EXPECT_EQ(read_back.log.requests, plain.log.requests);
  EXPECT_EQ(read_back.reload.watch, plain.reload.watch);
  EXPECT_EQ(read_back.reload.settle_ms, plain.reload.settle_ms);
  EXPECT_EQ(read_back.reload.poll_ms, plain.reload.poll_ms);
  EXPECT_EQ(read_back.reload.generations, plain.reload.generations);
  EXPECT_EQ(read_back.reload.rehearsal.enabled, plain.reload.rehearsal.enabled);
  EXPECT_EQ(read_back.reload.rehearsal.decisions, plain.reload.rehearsal.decisions);
  EXPECT_EQ(read_back.reload.rehearsal.time_limit_ms, plain.reload.rehearsal.time_limit_ms);
  EXPECT_EQ(read_back.reload.rehearsal.growth_kib, plain.reload.rehearsal.growth_kib);
  EXPECT_EQ(read_back.reload.canary, plain.reload.canary);
}

TEST(HostSettings, NumbersOfACanaryHaveBounds) {
  const struct {
    const char* key;
    double value;
    bool good;
  } cases[] = {{"share", 0.0, true},
               {"share", 1.0, true},
               {"share", -0.001, false},
               {"share", 1.001, false},
               {"maximumErrorExcess", 1.0, true},
               {"maximumErrorExcess", 1.5, false},
               {"maximumFaultExcess", 1000.0, true},
               {"maximumFaultExcess", -1.0, false},
               {"maximumRejectionExcess", 2.0, false},
               {"maximumDecisionTimeRatio", 1.0, true},
               {"maximumDecisionTimeRatio", 0.99, false}};
  for (const auto& [key, value, good] : cases) {
    const ReadResult result = read({{"reload", {{"canary", {{key, value}}}}}});
    ASSERT_EQ(result.diagnostics.empty(), good) << key << " " << value << "\n" << messages(result.diagnostics);
    if (!good) {
      EXPECT_EQ((*result.diagnostics.begin()).code, "C404");
    }
  }
  const ReadResult result = read({{"reload", {{"canary", {{"share", 5}}}}}});
  EXPECT_EQ((*result.diagnostics.begin()).message, "\"share\" in \"canary\" must be from 0 to 1, found 5");
}

TEST(HostSettings, EveryMistakeHasItsPlace) {
  const ReadResult result =
      read({{"serve", {{"listen", "8080"}, {"tls", json::object{}}, {"limits", {{"bodyBytes", -1}}}}},
            {"endpoints", {{{"name", "a"}, {"address", "a:1"}}, {{"name", "a"}}}},
            {"discovery", {{"dns", {{{"name", "vllm"}, {"type", "MX"}}}}}},
            {"log", {{"level", "loud"}}}});
  std::vector<std::string> found;
  for (const Diagnostic& diagnostic : result.diagnostics) found.push_back(diagnostic.code + " " + diagnostic.pointer);
  EXPECT_EQ(found, (std::vector<std::string>{"E106 /endpoints/1/name", "C405 /discovery/dns/0/type",
                                             "C106 /discovery/dns/0", "C406 /serve/listen", "C106 /serve/tls",
                                             "C106 /serve/tls", "C404 /serve/limits/bodyBytes", "C405 /log/level"}))
      << messages(result.diagnostics);
}

}  // namespace
}  // namespace shunt::host
