// SPDX-License-Identifier: Apache-2.0
#include "peer_parameters.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <shunt/framework/suggest.hpp>
#include <utility>
#include <vector>

#include "text.hpp"

namespace shunt {

namespace json = boost::json;

using config_text::in_quotes;

namespace {

constexpr std::string_view kDisaggHandler = "disagg-profile-handler";
constexpr std::string_view kLoadProducer = "inflight-load-producer";
constexpr std::string_view kLoadProducerKey = "inFlightLoadProducerName";
constexpr std::string_view kDefaultPage = "/metrics";
constexpr double kShortestInterval = 50;
constexpr double kLongestInterval = 3'600'000;

// Plugins whose loads are those of the one inflight-load-producer, whatever it is called.
constexpr std::array<std::string_view, 5> kLoadReaders = {"active-request-scorer", "token-load-scorer",
                                                          "concurrency-detector", "prefix-cache-affinity-filter",
                                                          "utilization-filter"};

// Parameters of the peer's token producer that make it ask a model server.
constexpr std::array<std::string_view, 4> kAskingServers = {"backend", "modelName", "vllm", "udsTokenizerConfig"};

// Metric names of one engine, there and here.
struct Spec {
  std::string_view peer;
  std::string_view own;
};
constexpr std::array<Spec, 3> kSpecs = {
    {{"queuedRequestsSpec", "queue"}, {"runningRequestsSpec", "running"}, {"kvUsageSpec", "kvCacheUsage"}}};
constexpr std::array<std::string_view, 5> kKnownEngines = {"vllm", "sglang", "trtllm-serve", "triton-tensorrt-llm",
                                                           "triton"};

// What of a page source has no counterpart, and why.
struct Unused {
  std::string_view key;
  std::string_view why;
};
constexpr std::string_view kUpstream =
    "the section \"upstream\" of a config of this program says how endpoints are spoken to";
constexpr std::array<Unused, 7> kUnusedOfPages = {{
    {"scheme", kUpstream},
    {"port", "the page is asked for at the port of the endpoint"},
    {"insecureSkipVerify", kUpstream},
    {"caCertPath", kUpstream},
    {"clientCertPath", kUpstream},
    {"clientKeyPath", kUpstream},
    {"families", "metrics that nobody reads are skipped anyway"},
}};

std::string_view text_member(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

void rename(json::object& members, std::string_view from, std::string_view to) {
  json::value* value = members.if_contains(from);
  if (value == nullptr || members.contains(to)) return;
  json::value moved = std::move(*value);
  members.erase(from);
  members.insert_or_assign(to, std::move(moved));
}

void rename_metrics(json::value& metrics) {
  json::array* list = metrics.if_array();
  if (list == nullptr) return;
  for (json::value& metric : *list) {
    json::object* members = metric.if_object();
    if (members == nullptr) continue;
    rename(*members, "attributeKey", "attribute");
    rename(*members, "metricSpec", "metric");
    members->erase("optional");  // all are here
  }
}

// One engine of a list becomes a member of "engines". There it replaces what is known of an engine of this name, here it would be
// merged into it: what it leaves out is said to be none.
json::object translated_engine(json::object engine, std::string_view name) {
  json::object out;
  const bool known = std::ranges::find(kKnownEngines, name) != kKnownEngines.end();
  const auto take = [&](std::string_view from, std::string_view to) {
    const json::value* value = engine.if_contains(from);
    if (value != nullptr) out[to] = *value;
    if (value == nullptr && known) out[to] = "";
  };
  for (const Spec& spec : kSpecs) take(spec.peer, spec.own);
  take("cacheInfoSpec", "blockSize");
  take("cacheInfoSpec", "blocks");
  take("loraSpec", "lora");
  if (!text_member(engine, "cacheInfoSpec").empty()) {
    const bool pages = name == "sglang";
    out["blockSizeLabel"] = pages ? "page_size" : "block_size";
    out["blocksLabel"] = pages ? "num_pages" : "num_gpu_blocks";
  }
  if (!text_member(engine, "loraSpec").empty()) {
    out["loraActiveLabel"] = "running_lora_adapters";
    out["loraWaitingLabel"] = "waiting_lora_adapters";
    out["loraMaxLabel"] = "max_lora";
  }
  for (const Spec& spec : kSpecs) engine.erase(spec.peer);
  for (const char* key : {"name", "cacheInfoSpec", "loraSpec", "customMetrics"}) engine.erase(key);
  for (const auto& unknown : engine) out[unknown.key()] = unknown.value();  // for the extractor to complain about
  return out;
}

// The value that a source means, without the producer in front of or behind it where it is the one that writes plain names.
void normalise_session_source(json::object& source) {
  std::string attribute(text_member(source, "attribute"));
  for (const std::string_view separated : {"session-id-producer/", "/session-id-producer"}) {
    const std::size_t at = attribute.find(separated);
    if (at == std::string::npos) continue;
    attribute.erase(at, separated.size());
    source.erase("producer");
  }
  if (attribute != "SessionID" && attribute != "session_id") return;
  source["attribute"] = "session_id";
  if (text_member(source, "producer") == kSessionProducer) source.erase("producer");
}

json::array* session_sources(json::object& parameters) {
  json::value* config = parameters.if_contains("sessionIdConfig");
  json::object* block = config != nullptr ? config->if_object() : nullptr;
  json::value* sources = block != nullptr ? block->if_contains("sources") : nullptr;
  return sources != nullptr ? sources->if_array() : nullptr;
}

}  // namespace

std::string_view text_parameter(const PluginConfig& plugin, std::string_view key) {
  const json::object* parameters = plugin.parameters.if_object();
  return parameters != nullptr ? text_member(*parameters, key) : std::string_view();
}

std::optional<double> duration_ms(std::string_view text) {
  struct Unit {
    std::string_view name;
    double milliseconds;
  };
  static constexpr std::array<Unit, 7> kUnits = {
      {{"ns", 1e-6}, {"us", 1e-3}, {"\xC2\xB5s", 1e-3}, {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc() || number < 0 || !std::isfinite(number)) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const auto unit = std::ranges::find_if(kUnits, [&](const Unit& one) { return text.starts_with(one.name); });
    if (unit == kUnits.end()) return std::nullopt;
    text.remove_prefix(unit->name.size());
    total += number * unit->milliseconds;
  }
  return total;
}

PageSettings read_page_settings(const PluginConfig& source, const ReadContext& context) {
  PageSettings out;
  const json::object* parameters = source.parameters.if_object();
  if (parameters == nullptr) return out;
  ObjectReader reader(*parameters, child_pointer(source.pointer, "parameters"), "plugin " + in_quotes(source.name),
                      context);
  std::vector<std::string_view> keys = {"path", "interval"};
  for (const Unused& unused : kUnusedOfPages) keys.push_back(unused.key);
  reader.allow(keys);
  for (const auto& [key, why] : kUnusedOfPages) {
    const json::value* value = reader.member(key);
    if (value == nullptr || (key == "scheme" && *value == json::value("http"))) continue;
    context.warning(reader.pointer(key), At::Key, "C111",
                    in_quotes(key) + " of " + in_quotes(source.name) + " is not taken over: " + std::string(why));
  }
  if (auto path = reader.text("path"); path && !path->empty() && *path != kDefaultPage) out.path = std::move(path);
  if (const auto text = reader.text("interval")) {
    const std::optional<double> interval = duration_ms(*text);
    if (!interval) {
      context.error(reader.pointer("interval"), At::Value, "C406",
                    "\"interval\" of " + in_quotes(source.name) + " must be a duration, found " + in_quotes(*text), {},
                    {"for example \"200ms\" or \"1m30s\""});
    } else {
      out.interval_ms = std::llround(std::clamp(*interval, kShortestInterval, kLongestInterval));
    }
  }
  return out;
}

bool reads_session_id(const PluginConfig& plugin) {
  if (text_parameter(plugin, "strategy") != "session_id") return false;
  json::object parameters = plugin.parameters.as_object();
  const json::array* sources = session_sources(parameters);
  return sources != nullptr && std::ranges::any_of(*sources, [](const json::value& source) {
           const json::object* members = source.if_object();
           return members != nullptr && text_member(*members, "attribute") == "session_id" &&
                  !members->contains("producer");
         });
}

void PeerParameters::ignore(const PluginConfig& plugin, std::string_view key, std::string_view why) const {
  context_.warning(child_pointer(child_pointer(plugin.pointer, "parameters"), key), At::Key, "C111",
                   in_quotes(key) + " is not taken over: " + std::string(why));
}

void PeerParameters::translate(PluginConfig& plugin) const {
  if (json::object* parameters = plugin.parameters.if_object()) {
    if (plugin.type == kPeerExtractor) take_extractor(plugin, *parameters);
    if (plugin.type == kDisaggHandler) take_disagg_handler(*parameters);
    if (plugin.type == "concurrency-detector") rename(*parameters, "concurrencyMode", "mode");
    if (plugin.type == "token-producer" || plugin.type == "tokenizer") take_token_producer(plugin, *parameters);
    if (std::ranges::find(kLoadReaders, plugin.type) != kLoadReaders.end()) take_load_reader(plugin, *parameters);
    take_session_sources(*parameters);
  }
  if (plugin.type == kPeerExtractor) plugin.type = kOwnExtractor;
  plugin.effective_parameters = plugin.parameters;
}

void PeerParameters::take_extractor(PluginConfig& plugin, json::object& parameters) const {
  rename(parameters, "engineLabelKey", "engineLabel");
  if (json::value* metrics = parameters.if_contains("customMetrics")) rename_metrics(*metrics);
  json::value* configs = parameters.if_contains("engineConfigs");
  const json::array* list = configs != nullptr ? configs->if_array() : nullptr;
  if (list == nullptr) return;

  json::object engines;
  json::array metrics;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string pointer =
        child_pointer(child_pointer(child_pointer(plugin.pointer, "parameters"), "engineConfigs"), i);
    const json::object* engine = context_.object((*list)[i], pointer, "each engine");
    if (engine == nullptr) continue;
    ObjectReader reader(*engine, pointer, "engine " + std::to_string(i + 1), context_);
    const auto name = reader.required_text("name");
    if (!name) continue;
    engines[*name] = translated_engine(*engine, *name);
    if (const json::array* custom = reader.list("customMetrics")) {
      json::value renamed = *custom;
      rename_metrics(renamed);
      for (json::value& one : renamed.as_array()) metrics.push_back(std::move(one));
    }
  }
  parameters.erase("engineConfigs");
  parameters["engines"] = std::move(engines);
  if (metrics.empty()) return;
  json::value& all = parameters["customMetrics"];
  if (all.is_null()) all = json::array{};
  if (json::array* more = all.if_array()) more->insert(more->end(), metrics.begin(), metrics.end());
}

void PeerParameters::take_disagg_handler(json::object& parameters) {
  static constexpr std::array<Spec, 6> kFormer = {{{"deciderPluginName", "prefill"},
                                                   {"prefillDeciderPluginName", "prefill"},
                                                   {"encodeDeciderPluginName", "encode"},
                                                   {"decodeProfile", "decode"},
                                                   {"prefillProfile", "prefill"},
                                                   {"encodeProfile", "encode"}}};
  for (const Spec& former : kFormer) {
    const std::string_view section = former.peer.ends_with("Profile") ? "profiles" : "deciders";
    const std::string_view text = text_member(parameters, former.peer);
    const json::value* there = parameters.if_contains(section);
    if (!parameters.contains(former.peer) || (there != nullptr && !there->is_object())) continue;
    if (!text.empty()) {
      json::value moved(text);
      json::value& to = parameters[section];
      if (to.is_null()) to = json::object{};
      to.as_object().emplace(former.own, std::move(moved));  // the newer word wins
    }
    parameters.erase(former.peer);
  }
}

void PeerParameters::take_token_producer(const PluginConfig& plugin, json::object& parameters) const {
  for (const std::string_view key : kAskingServers) {
    const json::value* value = parameters.if_contains(key);
    if (value == nullptr) continue;
    if (key != "backend" || *value != json::value("estimate")) {
      ignore(plugin, key, "tokens are estimated, because no decision waits for a model server");
    }
    parameters.erase(key);
  }
}

void PeerParameters::take_load_reader(const PluginConfig& plugin, json::object& parameters) const {
  const std::string name(text_member(parameters, kLoadProducerKey));
  if (!parameters.contains(kLoadProducerKey)) return;
  const PluginConfig* named = config_.find_plugin(name);
  const bool leads_there = name.empty() || name == kLoadProducer || (named != nullptr && named->type == kLoadProducer);
  if (!leads_there && !config_.incomplete_plugins) {
    context_.error(child_pointer(child_pointer(plugin.pointer, "parameters"), kLoadProducerKey), At::Value, "C204",
                   "plugin " + in_quotes(plugin.name) + " references " + in_quotes(name) + ", which is no " +
                       std::string(kLoadProducer));
  }
  parameters.erase(kLoadProducerKey);
}

void PeerParameters::take_session_sources(json::object& parameters) {
  json::array* sources = session_sources(parameters);
  if (sources == nullptr) return;
  for (json::value& source : *sources) {
    if (json::object* members = source.if_object()) normalise_session_source(*members);
  }
}

}  // namespace shunt
