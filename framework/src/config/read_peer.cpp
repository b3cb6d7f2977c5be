// SPDX-License-Identifier: Apache-2.0
// Configs of the llm-d endpoint picker, read as they are: its plugins and profiles have the same names here, and the rest is
// what this host does by itself, does in its own way, or does not do.
#include <algorithm>
#include <array>
#include <boost/json/value.hpp>
#include <utility>

#include "config_keys.hpp"
#include "reader.hpp"
#include "text.hpp"

namespace shunt {

namespace json = boost::json;

using config_text::in_quotes;

namespace {

constexpr std::array<std::string_view, 2> kApiVersions = {"llm-d.ai/v1alpha1",
                                                          "inference.networking.x-k8s.io/v1alpha1"};
constexpr std::string_view kExtractor = "core-metrics-extractor";
constexpr std::string_view kOwnExtractor = "prometheus-extractor";
constexpr std::string_view kFileDiscovery = "file-discovery";

// Plugin types of the peer whose work is no plugin's here.
struct Replaced {
  std::string_view type;
  std::string_view by;  // goes on behind "is not needed: "
};
constexpr std::string_view kDoor = "the host understands these requests itself";
constexpr std::string_view kNoQueue = "requests do not wait in this host";
constexpr std::array<Replaced, 14> kReplaced = {{
    {"metrics-data-source", "prometheus-extractor asks for the page itself, see its \"path\" and \"intervalMs\""},
    {"openai-parser", kDoor},
    {"anthropic-parser", kDoor},
    {"vllmhttp-parser", kDoor},
    {"passthrough-parser", kDoor},
    {"fcfs-ordering-policy", kNoQueue},
    {"edf-ordering-policy", kNoQueue},
    {"slo-deadline-ordering-policy", kNoQueue},
    {"global-strict-fairness-policy", kNoQueue},
    {"round-robin-fairness-policy", kNoQueue},
    {"program-aware-fairness", kNoQueue},
    {"static-usage-limit-policy", kNoQueue},
    {"priority-holdback-policy", kNoQueue},
    {"soft-reflective-ceiling-policy", kNoQueue},
}};

const Replaced* replaced(std::string_view type) {
  const auto found = std::ranges::find(kReplaced, type, &Replaced::type);
  return found != kReplaced.end() ? &*found : nullptr;
}

// What a section says, beyond what happens here anyway.
struct Section {
  std::string_view key;
  std::string_view why;
};
constexpr std::array<Section, 5> kSections = {{
    {"featureGates", "this program has none"},
    {"flowControl", kNoQueue},
    {"saturationDetector", kNoQueue},
    {"requestHandler", kDoor},
    {"parser", kDoor},
}};

// A plugin of the peer that requires what a producer writes, which the peer adds where none is configured. Here these plugins do
// without it, but decide otherwise then.
struct Needed {
  std::string_view type;
  std::string_view producer;
  std::string_view instance_key;  // parameter that names an instance to read from; empty: there is none
};
constexpr std::string_view kInflight = "inflight-load-producer";
constexpr std::string_view kPredicted = "predicted-latency-producer";
constexpr std::string_view kPrefixes = "approx-prefix-cache-producer";
constexpr std::string_view kAffinityFilter = "prefix-cache-affinity-filter";
constexpr std::array<Needed, 7> kNeeded = {{
    {"active-request-scorer", kInflight, ""},
    {"token-load-scorer", kInflight, ""},
    {"concurrency-detector", kInflight, ""},
    {kAffinityFilter, kInflight, ""},
    {"latency-scorer", kPredicted, "latencyPredictionInfoProducerName"},
    {"latency-scorer", kPrefixes, "prefixMatchInfoProducerName"},
    {"slo-headroom-tier-filter", kPredicted, "latencyPredictionInfoProducerName"},
}};

// Parameters of the peer's token producer that make it ask a model server.
constexpr std::array<std::string_view, 2> kAskingServers = {"modelName", "vllm"};

class PeerReader {
 public:
  PeerReader(const ObjectReader& root, Config& config, const ReadContext& context)
      : root_(root), config_(config), context_(context) {}

  void read() {
    for (const Section& section : kSections) {
      if (root_.member(section.key) != nullptr) ignore(root_.pointer(section.key), section.key, section.why);
    }
    read_data_layer();
    take_plugins();
  }

 private:
  void ignore(const std::string& pointer, std::string_view what, std::string_view why) {
    context_.warning(pointer, At::Key, "C111", in_quotes(what) + " is not taken over: " + std::string(why));
  }

  std::string_view type_of(std::string_view name) const {
    const auto found = std::ranges::find(config_.plugins, name, &PluginConfig::name);
    return found != config_.plugins.end() ? std::string_view(found->type) : std::string_view();
  }

  // The type of the plugin that `value` references; empty where it does none.
  std::string_view referenced(const json::value& value) const {
    const json::object* object = value.if_object();
    const json::value* name = object != nullptr ? object->if_contains("pluginRef") : nullptr;
    return name != nullptr && name->is_string() ? type_of(name->get_string()) : std::string_view();
  }

  void read_data_layer() {
    const json::object* section = root_.object("dataLayer");
    if (section == nullptr) return;
    for (const auto& member : *section) {
      const bool known = (member.key() == "injectDefaults" && member.value() == json::value(true)) ||
                         (member.key() == "sources" && are_pages(member.value())) ||
                         (member.key() == "discovery" && referenced(member.value()) == kFileDiscovery);
      if (known) continue;
      ignore(child_pointer(root_.pointer("dataLayer"), member.key()), member.key(),
             "see \"dataLayer\" and \"discovery\" of a config of this program");
    }
  }

  // Metrics pages, which are fetched here as soon as somebody reads what is on them.
  bool are_pages(const json::value& sources) const {
    const json::array* list = sources.if_array();
    return list != nullptr && std::ranges::all_of(*list, [this](const json::value& source) {
             if (referenced(source) != "metrics-data-source") return false;
             const json::value* extractors = source.as_object().if_contains("extractors");
             const json::array* all = extractors != nullptr ? extractors->if_array() : nullptr;
             return all == nullptr || std::ranges::all_of(*all, [this](const json::value& extractor) {
                      return referenced(extractor) == kExtractor;
                    });
           });
  }

  void take_plugins() {
    std::erase_if(config_.plugins, [this](const PluginConfig& plugin) {
      if (plugin.type == kFileDiscovery) return take_discovery(plugin);
      const Replaced* known = replaced(plugin.type);
      if (known == nullptr) return false;
      context_.warning(child_pointer(plugin.pointer, "type"), At::Value, "C111",
                       in_quotes(plugin.type) + " is not needed: " + std::string(known->by));
      return true;
    });
    for (PluginConfig& plugin : config_.plugins) {
      if (plugin.type == kExtractor) take_extractor(plugin);
      if (plugin.type == "token-producer" || plugin.type == "tokenizer") take_token_producer(plugin);
    }
    add_producers();
  }

  void take_token_producer(PluginConfig& plugin) {
    json::object* parameters = plugin.parameters.if_object();
    if (parameters == nullptr) return;
    for (const std::string_view key : kAskingServers) {
      if (!parameters->contains(key)) continue;
      ignore(child_pointer(child_pointer(plugin.pointer, "parameters"), key), key,
             "tokens are estimated, because no decision waits for a model server");
      parameters->erase(key);
    }
    plugin.effective_parameters = plugin.parameters;
  }

  static std::string_view text_of(const PluginConfig& plugin, std::string_view key) {
    const json::object* parameters = plugin.parameters.if_object();
    const json::value* value = parameters != nullptr ? parameters->if_contains(key) : nullptr;
    return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
  }

  // An instance of the type, under whatever name, is the user's choice.
  void add_producer(std::string_view type, const std::string& pointer) {
    if (std::ranges::find(config_.plugins, type, &PluginConfig::type) != config_.plugins.end()) return;
    // Not as one that was injected: a config of this program that says the same has to name it.
    config_.inject_plugin(type, {}, pointer).injected = false;
  }

  void add_producers() {
    const std::size_t written = config_.plugins.size();
    for (std::size_t i = 0; i < written; ++i) {
      // A copy: adding one moves the others.
      const PluginConfig plugin = config_.plugins[i];
      for (const Needed& needed : kNeeded) {
        if (needed.type != plugin.type) continue;
        if (!needed.instance_key.empty() && !text_of(plugin, needed.instance_key).empty()) continue;
        const bool predicts = plugin.type == kAffinityFilter && text_of(plugin, "ttftSource") == "latencyPredictor";
        add_producer(predicts ? kPredicted : needed.producer, plugin.pointer);
      }
    }
  }

  void take_extractor(PluginConfig& plugin) {
    plugin.type = kOwnExtractor;
    json::object* parameters = plugin.parameters.if_object();
    json::value* metrics = parameters != nullptr ? parameters->if_contains("customMetrics") : nullptr;
    if (json::array* list = metrics != nullptr ? metrics->if_array() : nullptr) {
      for (json::value& metric : *list) {
        rename(metric, "attributeKey", "attribute");
        rename(metric, "metricSpec", "metric");
      }
    }
    plugin.effective_parameters = plugin.parameters;
  }

  static void rename(json::value& object, std::string_view from, std::string_view to) {
    json::object* members = object.if_object();
    json::value* value = members != nullptr ? members->if_contains(from) : nullptr;
    if (value == nullptr) return;
    json::value moved = std::move(*value);
    members->erase(from);
    members->insert_or_assign(to, std::move(moved));
  }

  // Becomes an entry of the section "discovery"; it is no plugin here.
  bool take_discovery(const PluginConfig& plugin) {
    ObjectReader reader(plugin.parameters.as_object(), child_pointer(plugin.pointer, "parameters"),
                        "the parameters of " + in_quotes(plugin.type), context_);
    reader.allow(std::array<std::string_view, 2>{"path", "watchFile"});
    json::object file{{"path", reader.required_text("path").value_or("")},
                      {"watch", reader.flag("watchFile").value_or(false)}};
    json::value& discovery = config_.host["discovery"];
    if (!discovery.is_object()) discovery = json::object{{"files", json::array{}}};
    discovery.as_object()["files"].as_array().push_back(std::move(file));
    return true;
  }

  const ObjectReader& root_;
  Config& config_;
  const ReadContext& context_;
};

}  // namespace

bool is_peer_config(const json::object& root) {
  const auto text = [&root](std::string_view key) {
    const json::value* value = root.if_contains(key);
    return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
  };
  return std::ranges::find(kApiVersions, text("apiVersion")) != kApiVersions.end() &&
         text("kind") == config_keys::kPeerKind;
}

void read_peer(const ObjectReader& root, Config& config, const ReadContext& context) {
  PeerReader(root, config, context).read();
}

}  // namespace shunt
