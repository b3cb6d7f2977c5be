// SPDX-License-Identifier: Apache-2.0
// config.hpp: the config file as data, and the two passes that read and complete it.
//
//   auto config = shunt::read_config(document, diagnostics);           // shape: keys, types of values, names
//   if (config) shunt::resolve_config(*config, catalog, diagnostics);  // meaning: plugin types, references
//   if (!diagnostics.has_errors()) run(*config);
//
// Both passes report every problem they can see. The second may run although the first found errors: it keeps quiet
// about what may be a mere consequence of them.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <shunt/framework/attribute.hpp>
#include <shunt/framework/breaker.hpp>
#include <shunt/framework/diagnostic.hpp>
#include <shunt/framework/document.hpp>
#include <shunt/framework/plugin_description.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shunt {

// Each part keeps the JSON pointer it was read from, so that a later stage can point at it. What was not written in the
// file has the pointer of what made it necessary, and `injected` set.

// A library to load, instead of every library on the plugin path.
struct LibraryConfig {
  std::string pointer;
  std::string path;    // a file name on the plugin path, or an absolute path
  std::string sha256;  // 64 lower-case hex digits, or empty: not pinned
};

// An endpoint attribute that no plugin and not shunt itself declares.
struct AttributeConfig {
  std::string pointer;
  std::string name;
  AttributeType type = AttributeType::Number;
};

// What happens when a call of a plugin fails.
enum class OnError {
  Default,  // what the plugin's kind does
  Fail,     // the request fails
  Skip      // as if the plugin were not there
};

// What happens to what an instance has learned when a reload replaces it by another one of the same name and type.
enum class StatePolicy {
  BestEffort,  // handed over where both can do it
  Required,    // or else the reload is refused
  Discard      // never handed over
};

// One instance: (type, name, parameters).
struct PluginConfig {
  std::string pointer;
  std::string type;
  std::string name;                         // unique; the type where none is written
  boost::json::value parameters;            // as written; an empty object where absent
  boost::json::value effective_parameters;  // with the defaults of the plugin's schema; set by resolve_config
  OnError on_error = OnError::Default;
  StatePolicy state = StatePolicy::BestEffort;
  bool injected = false;
  std::string why;  // of an injected one: what it is there for
};

// One entry of a profile. An instance takes every slot (filter, scorer, picker) that it fits.
struct PluginReference {
  std::string pointer;
  std::string plugin;   // name of the instance
  double weight = 1.0;  // of its scores; finite, not negative
  bool weight_written = false;
  OnError on_error = OnError::Default;  // Default: what the instance says
  bool injected = false;
};

// A named list of filters, scorers and one picker. After resolve_config it has exactly one picker.
struct ProfileConfig {
  std::string pointer;
  std::string name;
  std::vector<PluginReference> plugins;  // in the order they run within their kind
  bool injected = false;
  // Of a shadow profile: it decides nothing, but runs for every n-th request and is compared. 0: no shadow.
  std::uint32_t shadow_every = 0;
  std::string shadow_of;  // profile whose run it is compared with; empty: the decision
  bool is_shadow() const noexcept { return shadow_every != 0; }
};

// Bounds on what plugins may do to a request.
struct LimitsConfig {
  std::string pointer;
  std::uint32_t handler_rounds = 8;                 // rounds a profile handler may ask for, per request
  std::uint32_t plugin_budget_microseconds = 1000;  // time of one call, above which it is counted as slow
  std::uint32_t plugin_hang_milliseconds = 2000;    // of one call, after which a supervised worker is replaced
  std::uint32_t control_hang_milliseconds = 30000;  // the same for loading, creating, destroying, dumping
  BreakerBounds breaker;                            // when calls go wrong too often
};

// A managed model. The words that only a process runner needs are checked but kept as they are.
struct ModelConfig {
  std::string pointer;
  std::string id;
  std::string cmd;  // empty: not started by shunt
  std::vector<std::string> aliases;
  std::uint32_t concurrency_limit = 10;  // requests at a time; 0 in the file means the default
  bool pinned = false;                   // never evicted
  std::uint64_t bytes = 0;               // memory that it takes; 0: unknown
  double load_cost_ms = 0;               // time that loading takes; 0: unknown
  std::int32_t priority = 0;             // higher is more important
  boost::json::object raw;               // everything, as written
};

// The two built-in orders of the swap line.
enum class SwapOrder { Serial, Fifo };

// How requests for managed models are lined up, and who decides which models make room.
struct RoutingConfig {
  std::string pointer;
  bool written = false;  // the file has the key "routing"
  SwapOrder scheduler = SwapOrder::Serial;
  std::string fifo_priority_pointer;
  std::vector<std::pair<std::string, std::int32_t>> fifo_priority;  // model id, priority; in file order
  std::string swapper_pointer;
  std::string swapper;  // name of the instance; empty: none
};

// Everything a config says. Plain data: it can be filled in code as well.
struct Config {
  std::shared_ptr<const Document> document;  // null where the config was made in code

  bool libraries_written = false;  // an empty list means no library, an absent one every library on the plugin path
  std::vector<LibraryConfig> libraries;
  std::vector<std::string> plugin_dirs;
  std::vector<AttributeConfig> attributes;
  std::vector<PluginConfig> plugins;
  std::vector<ProfileConfig> profiles;  // shadows last, in the order of the file otherwise
  LimitsConfig limits;
  std::vector<ModelConfig> models;
  RoutingConfig routing;
  // The sections of the file that are a running host's business ("serve", "endpoints" and so on), as written.
  boost::json::object host;

  // Instance that is the profile handler; empty where there is no profile. Set by resolve_config.
  std::string handler;

  // The file was one of the llm-d endpoint picker, which says nothing where a profile has a plugin that fits no slot.
  bool of_peer = false;

  // Part of them could not be read: a reference to nothing, or an instance without reference, then proves nothing.
  bool incomplete_plugins = false;
  bool incomplete_profiles = false;

  // Null where there is none. Valid until an instance is added.
  const PluginConfig* find_plugin(std::string_view name) const;
  const ModelConfig* find_model(std::string_view id) const;

  // Adds an instance that the file does not mention, with empty parameters and a name that is still free: the type, or
  // the type and a number. `why` completes the sentence "it is needed ...": "because profile "default" has no picker".
  // The reference is valid until the next instance is added. Follow it with resolve_plugin().
  PluginConfig& inject_plugin(std::string_view type, std::string_view why, std::string_view pointer = {});

  // Like Document::diagnose, and without position where there is no document.
  Diagnostic diagnose(std::string_view pointer, At at, std::string_view code, std::string message,
                      std::string suggestion = {}, std::vector<std::string> notes = {}) const;
};

// The plugin types that may be used. Implemented by the registry, and by tests.
class PluginCatalog {
 public:
  virtual ~PluginCatalog() = default;

  // Null where no library offers the type. The description lives as long as the catalog.
  virtual const PluginDescription* find(std::string_view type) const = 0;

  // All of them, sorted.
  virtual std::vector<std::string> types() const = 0;
};

// First pass. Empty only where the root is not an object; a config with errors in it is still worth resolving, never
// worth running. An empty document gives an empty Config.
std::optional<Config> read_config(std::shared_ptr<const Document> document, Diagnostics& diagnostics);

// Second pass: finds the plugin types, checks parameters and references, fills in what the defaults say. True where it
// added no error. Running it again on its own result changes nothing.
bool resolve_config(Config& config, const PluginCatalog& catalog, Diagnostics& diagnostics);

// The part of resolve_config that concerns one instance, for those injected later: finds the type, checks the
// parameters, sets the effective ones. True where it added no error.
bool resolve_plugin(const Config& config, PluginConfig& plugin, const PluginCatalog& catalog, Diagnostics& diagnostics);

// The config as a file would say it with nothing left out. Reading and resolving it again gives the same value.
boost::json::value effective_config(const Config& config);
// The same without what was filled in: what somebody wrote, in the words of this program, whatever the words of the file are.
boost::json::value written_config(const Config& config);

// JSON Schema (draft-07) of the config file, for editors.
std::string_view config_json_schema();

}  // namespace shunt
