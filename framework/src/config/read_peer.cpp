// SPDX-License-Identifier: Apache-2.0
// Configs of the llm-d endpoint picker, read as they are: its plugins and profiles have the same names here, and the rest is
// what this host does by itself, does in its own way, or does not do.
#include <algorithm>
#include <array>
#include <boost/json/value.hpp>
#include <set>
#include <shunt/framework/suggest.hpp>
#include <utility>

#include "config_keys.hpp"
#include "peer_parameters.hpp"
#include "peer_types.hpp"
#include "reader.hpp"
#include "text.hpp"

namespace shunt {

namespace json = boost::json;

using config_text::in_quotes;

namespace {

constexpr std::array<std::string_view, 2> kApiVersions = {"llm-d.ai/v1alpha1",
                                                          "inference.networking.x-k8s.io/v1alpha1"};
constexpr std::string_view kFileDiscovery = "file-discovery";

// What a section says, beyond what happens here anyway.
struct Section {
  std::string_view key;
  std::string_view why;
};
constexpr std::string_view kDoor = "the host understands these requests itself";
constexpr std::string_view kNoQueue = "requests do not wait in this host";
constexpr std::array<Section, 5> kSections = {{
    {"featureGates", "this program has none"},
    {"flowControl", kNoQueue},
    {"saturationDetector", kNoQueue},
    {"requestHandler", kDoor},
    {"parser", kDoor},
}};

// What the peer defines where nobody does, so that sections may reference it.
constexpr std::array<std::string_view, 7> kDefinedByDefault = {
    kPeerPages,        kPeerExtractor,       "openai-parser",       "anthropic-parser",
    "vllmhttp-parser", "passthrough-parser", "utilization-detector"};

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

class PeerReader {
 public:
  PeerReader(const ObjectReader& root, Config& config, const ReadContext& context)
      : root_(root), config_(config), context_(context) {}

  void read() {
    config_.of_peer = true;
    check_references();
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
    const PluginConfig* found = config_.find_plugin(name);
    return found != nullptr ? std::string_view(found->type) : std::string_view();
  }

  // The plugin that `value` references; empty where it does none.
  static std::string_view name_in(const json::value& value) {
    const json::value* name = value.is_object() ? value.get_object().if_contains("pluginRef") : nullptr;
    return name != nullptr && name->is_string() ? std::string_view(name->get_string()) : std::string_view();
  }
  std::string_view referenced(const json::value& value) const { return type_of(name_in(value)); }

  static const json::value* child(const json::value* parent, std::string_view key) {
    const json::object* object = parent != nullptr ? parent->if_object() : nullptr;
    return object != nullptr ? object->if_contains(key) : nullptr;
  }

  // A section that is left out is not read, but a name in it that leads nowhere is a mistake that its author wants to know of.
  void check_references() {
    check_reference(root_.member("saturationDetector"), root_.pointer("saturationDetector"), "the saturation detector");
    check_reference(root_.member("parser"), root_.pointer("parser"), "the parser");
    check_reference(child(root_.member("flowControl"), "saturationDetector"),
                    child_pointer(root_.pointer("flowControl"), "saturationDetector"), "the saturation detector");
    check_list(child(root_.member("requestHandler"), "parsers"),
               child_pointer(root_.pointer("requestHandler"), "parsers"), "a parser");
    const json::value* layer = root_.member("dataLayer");
    const std::string pointer = root_.pointer("dataLayer");
    check_reference(child(layer, "discovery"), child_pointer(pointer, "discovery"), "the discovery");
    check_reference(child(layer, "peerDiscovery"), child_pointer(pointer, "peerDiscovery"), "the discovery of peers");
    if (const json::value* syncer = child(layer, "crossReplicaSyncerPluginRef");
        syncer != nullptr && syncer->is_string()) {
      check_name(syncer->get_string(), child_pointer(pointer, "crossReplicaSyncerPluginRef"), "the data layer");
    }
    const std::string sources_pointer = child_pointer(pointer, "sources");
    const json::value* sources = child(layer, "sources");
    check_list(sources, sources_pointer, "a source of the data layer");
    const json::array* list = sources != nullptr ? sources->if_array() : nullptr;
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
      check_list(child(&(*list)[i], "extractors"), child_pointer(child_pointer(sources_pointer, i), "extractors"),
                 "an extractor of the data layer");
    }
  }

  void check_list(const json::value* list, const std::string& pointer, std::string_view who) {
    const json::array* elements = list != nullptr ? list->if_array() : nullptr;
    for (std::size_t i = 0; elements != nullptr && i < elements->size(); ++i) {
      check_reference(&(*elements)[i], child_pointer(pointer, i), who);
    }
  }

  void check_reference(const json::value* holder, const std::string& pointer, std::string_view who) {
    if (holder != nullptr) check_name(name_in(*holder), child_pointer(pointer, "pluginRef"), who);
  }

  void check_name(std::string_view name, const std::string& pointer, std::string_view who) {
    const bool known =
        config_.find_plugin(name) != nullptr || std::ranges::find(kDefinedByDefault, name) != kDefinedByDefault.end();
    if (name.empty() || known || config_.incomplete_plugins) return;
    std::vector<std::string> names;
    for (const PluginConfig& plugin : config_.plugins) names.push_back(plugin.name);
    std::vector<std::string> candidates(kDefinedByDefault.begin(), kDefinedByDefault.end());
    candidates.insert(candidates.begin(), names.begin(), names.end());
    const auto close = suggest(name, candidates);
    context_.error(pointer, At::Value, "C204", std::string(who) + " references the undefined plugin " + in_quotes(name),
                   close ? did_you_mean(*close) : "",
                   {names.empty() ? "no plugins are defined" : "defined plugins: " + config_text::joined(names)});
  }

  void read_data_layer() {
    const json::object* section = root_.object("dataLayer");
    if (section == nullptr) return;
    for (const auto& member : *section) {
      const bool known = (member.key() == "injectDefaults" && member.value() == json::value(true)) ||
                         (member.key() == "sources" && are_known(member.value())) ||
                         (member.key() == "discovery" && referenced(member.value()) == kFileDiscovery);
      if (known) continue;
      ignore(child_pointer(root_.pointer("dataLayer"), member.key()), member.key(),
             "see \"dataLayer\" and \"discovery\" of a config of this program");
    }
  }

  // Pages, which are fetched here as soon as somebody reads what is on them, and what has a warning of its own.
  bool are_known(const json::value& sources) const {
    const auto known = [this](const json::value& value) {
      const std::string_view name = name_in(value);
      const std::string_view type = type_of(name).empty() ? name : type_of(name);
      return type == kPeerExtractor || covered_peer_type(type) != nullptr;
    };
    const json::array* list = sources.if_array();
    return list != nullptr && std::ranges::all_of(*list, [&known](const json::value& source) {
             const json::value* extractors = child(&source, "extractors");
             const json::array* all = extractors != nullptr ? extractors->if_array() : nullptr;
             return known(source) && (all == nullptr || std::ranges::all_of(*all, known));
           });
  }

  void take_plugins() {
    take_pages();
    std::set<std::string, std::less<>> left_out;
    std::erase_if(config_.plugins, [&](const PluginConfig& plugin) {
      const CoveredType* known = covered_peer_type(plugin.type);
      const bool leaves = plugin.type == kFileDiscovery || known != nullptr;
      if (plugin.type == kFileDiscovery) take_discovery(plugin);
      if (known != nullptr) {
        context_.warning(child_pointer(plugin.pointer, "type"), At::Value, "C111",
                         in_quotes(plugin.type) + " " + std::string(known->why));
      }
      if (leaves) left_out.insert(plugin.name);
      return leaves;
    });
    for (ProfileConfig& profile : config_.profiles) {
      std::erase_if(profile.plugins, [&](const PluginReference& reference) {
        if (!left_out.contains(reference.plugin)) return false;
        context_.warning(child_pointer(reference.pointer, "pluginRef"), At::Value, "C111",
                         in_quotes(reference.plugin) + " is left out of profile " + in_quotes(profile.name) +
                             ": it is no plugin here");
        return true;
      });
    }
    const PeerParameters parameters(config_, context_);
    for (PluginConfig& plugin : config_.plugins) parameters.translate(plugin);
    add_producers();
  }

  // What sources say about pages goes to the extractors that read them.
  void take_pages() {
    const std::size_t written = config_.plugins.size();
    for (std::size_t i = 0; i < written; ++i) {
      if (config_.plugins[i].type != kPeerPages) continue;
      const PageSettings settings = read_page_settings(config_.plugins[i], context_);
      if (!settings.path && !settings.interval_ms) continue;
      for (const std::size_t at : extractors_of(i)) {
        json::object& parameters = config_.plugins[at].parameters.as_object();
        if (settings.path) parameters.emplace("path", *settings.path);
        if (settings.interval_ms) parameters.emplace("intervalMs", *settings.interval_ms);
        config_.plugins[at].effective_parameters = config_.plugins[at].parameters;
      }
    }
  }

  // Those that the data layer connects with a source; otherwise all; where there is none, one that is added.
  std::vector<std::size_t> extractors_of(std::size_t source) {
    const std::set<std::string, std::less<>> connected = connected_with(config_.plugins[source].name);
    std::vector<std::size_t> chosen;
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < config_.plugins.size(); ++i) {
      const PluginConfig& plugin = config_.plugins[i];
      if (plugin.type != kPeerExtractor && plugin.type != kOwnExtractor) continue;
      all.push_back(i);
      if (connected.contains(plugin.name)) chosen.push_back(i);
    }
    if (!chosen.empty()) return chosen;
    if (all.empty()) {
      const std::string pointer = config_.plugins[source].pointer;
      config_.inject_plugin(kOwnExtractor, {}, pointer).injected = false;
      all.push_back(config_.plugins.size() - 1);
    }
    return all;
  }

  std::set<std::string, std::less<>> connected_with(std::string_view source) const {
    std::set<std::string, std::less<>> names;
    const json::value* sources = child(root_.member("dataLayer"), "sources");
    const json::array* list = sources != nullptr ? sources->if_array() : nullptr;
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
      const json::value* extractors = child(&(*list)[i], "extractors");
      const json::array* all = extractors != nullptr ? extractors->if_array() : nullptr;
      if (name_in((*list)[i]) != source || all == nullptr) continue;
      for (const json::value& extractor : *all) names.emplace(name_in(extractor));
    }
    return names;
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
        if (!needed.instance_key.empty() && !text_parameter(plugin, needed.instance_key).empty()) continue;
        const bool predicts =
            plugin.type == kAffinityFilter && text_parameter(plugin, "ttftSource") == "latencyPredictor";
        add_producer(predicts ? kPredicted : needed.producer, plugin.pointer);
      }
      if (reads_session_id(plugin)) add_producer(kSessionProducer, plugin.pointer);
    }
  }

  // Becomes an entry of the section "discovery"; it is no plugin here.
  void take_discovery(const PluginConfig& plugin) {
    ObjectReader reader(plugin.parameters.as_object(), child_pointer(plugin.pointer, "parameters"),
                        "plugin " + in_quotes(plugin.name), context_);
    reader.allow(std::array<std::string_view, 2>{"path", "watchFile"});
    const std::optional<std::string> path = reader.required_text("path");
    const bool watch = reader.flag("watchFile").value_or(false);
    if (!path) return;  // an entry without it would be complained about once more
    json::value& discovery = config_.host["discovery"];
    if (!discovery.is_object()) discovery = json::object{{"files", json::array{}}};
    discovery.as_object()["files"].as_array().push_back(json::object{{"path", *path}, {"watch", watch}});
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
