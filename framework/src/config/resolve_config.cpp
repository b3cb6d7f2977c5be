// SPDX-License-Identifier: Apache-2.0
// Second pass: plugin types, their parameters, the swapper. Profiles have a file of their own.
#include <algorithm>
#include <array>
#include <shunt/framework/parameters.hpp>
#include <shunt/framework/suggest.hpp>
#include <unordered_set>

#include "peer_types.hpp"
#include "resolve.hpp"
#include "shared_words.hpp"
#include "text.hpp"

namespace shunt {

using config_text::in_quotes;

namespace {

constexpr std::array<Kind, 5> kKinds = {Kind::Filter, Kind::Scorer, Kind::Picker, Kind::ProfileHandler, Kind::Swapper};

// Letters that somebody may have got wrong in a name that was meant.
constexpr std::size_t kSlip = 2;

// Extensions that make an instance useful without any reference to it.
constexpr std::array<std::string_view, 5> kActOnTheirOwn = {"shunt.producer/", "shunt.extractor/", "shunt.ordering/",
                                                            "shunt.admission/", "shunt.decider/"};

bool acts_on_its_own(const PluginDescription& description) {
  if (description.offers(Kind::ProfileHandler) || description.offers(Kind::Swapper)) return true;
  return std::any_of(description.interfaces.begin(), description.interfaces.end(), [](const std::string& id) {
    return std::any_of(kActOnTheirOwn.begin(), kActOnTheirOwn.end(),
                       [&](std::string_view prefix) { return id.starts_with(prefix); });
  });
}

// "a", "a and b", "a, b and c".
std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) out += i + 1 == words.size() ? " and " : ", ";
    out += words[i];
  }
  return out;
}

std::string origin(const PluginDescription& description) {
  return "from " + description.library + (description.version.empty() ? "" : " " + description.version);
}

// One that the file names is misspelt or not installed; one that was injected can only be not installed.
Diagnostic unknown_type(const Config& config, const PluginConfig& plugin, const PluginCatalog& catalog) {
  const std::vector<std::string> types = catalog.types();
  std::vector<std::string> notes;
  if (types.empty()) {
    notes.emplace_back(
        "no library was found that offers plugins: see SHUNT_PLUGIN_PATH, \"pluginDirs\" and \"libraries\"");
  }
  if (plugin.injected) {
    notes.emplace_back("put the library that offers it on the plugin path, or configure another plugin in its place");
    return config.diagnose(
        plugin.pointer, At::Value, "C211",
        "plugin type " + in_quotes(plugin.type) + " is needed " + plugin.why + ", but no library offers it", {},
        std::move(notes));
  }
  std::string suggestion;
  const auto library_of = [&catalog](std::string_view type) {
    const PluginDescription* found = catalog.find(type);
    return found != nullptr && !found->library.empty() ? origin(*found) : std::string();
  };
  const auto name_nearest = [&](std::string_view type) {
    const std::string library = library_of(type);
    suggestion = "the nearest one is " + in_quotes(type) + (library.empty() ? "" : " (" + library + ")");
  };
  // A type of the peer is spelt as it should be: what resembles its spelling may do something else.
  const MissingType* missing = missing_peer_type(plugin.type);
  const auto close = suggest(plugin.type, types);
  const bool slip = close && edit_distance(plugin.type, *close, kSlip) <= kSlip;
  const auto by_words = nearest_by_words(plugin.type, types);
  bool list = !types.empty();
  if (missing != nullptr && (missing->nearest.empty() || catalog.find(missing->nearest) != nullptr)) {
    if (!missing->nearest.empty()) name_nearest(missing->nearest);
    notes.emplace_back(missing->why);
    list = false;
  } else if (slip || (close && !by_words)) {
    suggestion = did_you_mean(*close, library_of(*close));
    list = false;
  } else if (by_words) {
    suggestion = did_you_mean(*by_words, library_of(*by_words));
  } else if (const auto same_kind = nearest_of_kind(plugin.type, types)) {
    name_nearest(*same_kind);
  }
  if (list) notes.push_back("registered types: " + config_text::joined(types));
  return config.diagnose(child_pointer(plugin.pointer, "type"), At::Value, "C203",
                         "plugin type " + in_quotes(plugin.type) + " is not registered", std::move(suggestion),
                         std::move(notes));
}

Diagnostic deprecated_type(const Config& config, const PluginConfig& plugin, const PluginDescription& description,
                           const PluginCatalog& catalog) {
  const std::string_view successor = successor_of_type(plugin.type);
  std::string suggestion;
  std::vector<std::string> notes;
  if (catalog.find(successor) != nullptr) {
    suggestion = "use " + in_quotes(successor);
  } else if (!description.summary.empty()) {
    notes.push_back(description.summary);
  }
  Diagnostic d = config.diagnose(child_pointer(plugin.pointer, "type"), At::Value, "C220",
                                 "plugin type " + in_quotes(plugin.type) + " is deprecated", std::move(suggestion),
                                 std::move(notes));
  d.severity = Severity::Warning;
  return d;
}

}  // namespace

bool fits_profile(const PluginDescription& description) {
  return description.offers(Kind::Filter) || description.offers(Kind::Scorer) || description.offers(Kind::Picker);
}

std::string what_it_is(const PluginDescription& description) {
  std::vector<std::string> words;
  for (const Kind kind : kKinds) {
    if (description.offers(kind)) words.push_back("a " + std::string(to_string(kind)));
  }
  if (!words.empty()) return listed(words);
  if (description.interfaces.empty()) return "a supporting plugin";
  return "a supporting plugin (" + config_text::joined(description.interfaces) + ")";
}

bool resolve_plugin(const Config& config, PluginConfig& plugin, const PluginCatalog& catalog,
                    Diagnostics& diagnostics) {
  if (plugin.type.empty()) return true;  // the first pass said so
  const PluginDescription* description = catalog.find(plugin.type);
  if (description == nullptr) {
    diagnostics.add(unknown_type(config, plugin, catalog));
    return false;
  }
  if (description->stability == "deprecated" && !plugin.injected) {
    diagnostics.add(deprecated_type(config, plugin, *description, catalog));
  }
  // Checked here and not when the library is loaded: only types that are used must be usable.
  const Result<Schema> schema = check_schema(description->parameters_schema);
  if (!schema) {
    diagnostics.add(config.diagnose(
        plugin.injected ? plugin.pointer : child_pointer(plugin.pointer, "type"), At::Value, schema.error().code,
        "plugin type " + in_quotes(plugin.type) + " cannot be configured: " + schema.error().message, {},
        {"its library, " + description->library + ", must be mended"}));
    return false;
  }
  ParametersPlace place;
  place.owner = "plugin " + in_quotes(plugin.name);
  place.document = config.document.get();
  place.pointer = plugin.injected ? plugin.pointer : child_pointer(plugin.pointer, "parameters");
  place.written = !plugin.injected && place.document != nullptr && place.document->find(place.pointer) != nullptr;
  if (!schema->check(plugin.parameters, place, diagnostics)) return false;
  plugin.effective_parameters = schema->apply_defaults(plugin.parameters);
  return true;
}

void Resolver::index_plugins() {
  for (; indexed_ < config_.plugins.size(); ++indexed_) {
    by_name_.emplace(config_.plugins[indexed_].name, indexed_);
  }
}

const PluginConfig* Resolver::find_plugin(std::string_view name) {
  index_plugins();
  const auto found = by_name_.find(std::string(name));
  return found == by_name_.end() ? nullptr : &config_.plugins[found->second];
}

const PluginDescription* Resolver::description(std::string_view name) {
  const PluginConfig* plugin = find_plugin(name);
  return plugin == nullptr ? nullptr : description(*plugin);
}

void Resolver::error(std::string_view pointer, At at, std::string_view code, std::string message,
                     std::string suggestion, std::vector<std::string> notes) {
  diagnostics_.add(config_.diagnose(pointer, at, code, std::move(message), std::move(suggestion), std::move(notes)));
}

void Resolver::warning(std::string_view pointer, At at, std::string_view code, std::string message,
                       std::vector<std::string> notes) {
  Diagnostic d = config_.diagnose(pointer, at, code, std::move(message), {}, std::move(notes));
  d.severity = Severity::Warning;
  diagnostics_.add(std::move(d));
}

std::string Resolver::note_at(std::string_view words, std::string_view pointer) const {
  if (config_.document == nullptr) return std::string(words);
  const SourcePosition position = config_.document->value_position(pointer);
  return position.line == 0 ? std::string(words) : std::string(words) + " at " + config_text::at_line(position.line);
}

std::string Resolver::place_of(const PluginConfig& plugin) const {
  const std::string name = child_pointer(plugin.pointer, "name");
  const bool named = config_.document != nullptr && config_.document->find(name) != nullptr;
  return named ? name : child_pointer(plugin.pointer, "type");
}

PluginConfig& Resolver::inject(std::string_view type, const std::string& why, const std::string& pointer) {
  PluginConfig& plugin = config_.inject_plugin(type, why, pointer);
  resolve_plugin(config_, plugin, catalog_, diagnostics_);
  return plugin;
}

void Resolver::undefined(std::string_view name, std::string_view pointer, std::string message,
                         std::vector<std::string> names) {
  references_certain_ = false;
  if (config_.incomplete_plugins) return;  // it may be the one that could not be read
  std::vector<std::string> notes;
  const auto close = suggest(name, names);
  if (catalog_.find(name) != nullptr) {
    notes.push_back("there is a plugin type of this name: add { \"type\": " + in_quotes(name) + " } to \"plugins\"");
  } else if (names.empty()) {
    notes.emplace_back("no plugins are defined");
  } else {
    notes.push_back("defined plugins: " + config_text::joined(names));
  }
  error(pointer, At::Value, "C204", std::move(message), close ? did_you_mean(*close) : "", std::move(notes));
}

bool Resolver::nothing_configured() const {
  return config_.plugins.empty() && config_.profiles.empty() && config_.models.empty() && !config_.routing.written &&
         !config_.incomplete_plugins && !config_.incomplete_profiles;
}

// What the endpoint picker that shunt is compatible with does without any config.
void Resolver::inject_peer_default() {
  static constexpr std::array<std::pair<std::string_view, double>, 3> kScorers = {
      {{"queue-scorer", 2}, {"kv-cache-utilization-scorer", 2}, {"prefix-cache-scorer", 3}}};
  ProfileConfig profile;
  profile.name = "default";
  profile.injected = true;
  for (const auto& [type, weight] : kScorers) {
    PluginReference reference;
    reference.plugin = config_.inject_plugin(type, "because nothing is configured").name;
    reference.weight = weight;
    reference.injected = true;
    profile.plugins.push_back(std::move(reference));
  }
  config_.profiles.push_back(std::move(profile));
}

void Resolver::resolve_plugins() {
  for (PluginConfig& plugin : config_.plugins) {
    resolve_plugin(config_, plugin, catalog_, diagnostics_);
    if (description(plugin) == nullptr) certain_ = false;
  }
}

void Resolver::resolve_swapper() {
  RoutingConfig& routing = config_.routing;
  if (routing.swapper.empty()) {
    // A swapper needs no reference where there is one only.
    for (const PluginConfig& one : config_.plugins) {
      const PluginDescription* known = description(one);
      if (known == nullptr || !known->offers(Kind::Swapper)) continue;
      if (routing.swapper.empty()) {
        routing.swapper = one.name;
        continue;
      }
      error(one.pointer, At::Value, "C218",
            "it is open whether " + in_quotes(routing.swapper) + " or " + in_quotes(one.name) + " is the swapper");
    }
    return;
  }
  const PluginConfig* plugin = find_plugin(routing.swapper);
  if (plugin == nullptr) {
    std::vector<std::string> swappers;
    std::vector<std::string> all;
    for (const PluginConfig& one : config_.plugins) {
      const PluginDescription* known = description(one);
      if (known != nullptr && known->offers(Kind::Swapper)) swappers.push_back(one.name);
      all.push_back(one.name);
    }
    undefined(routing.swapper, routing.swapper_pointer,
              "the swapper references the undefined plugin " + in_quotes(routing.swapper),
              swappers.empty() ? all : swappers);
    return;
  }
  const PluginDescription* known = description(*plugin);
  if (known == nullptr || known->offers(Kind::Swapper)) return;
  error(routing.swapper_pointer, At::Value, "C210",
        "plugin " + in_quotes(plugin->name) + " cannot be the swapper: it is " + what_it_is(*known));
}

// Warnings come last: whether an instance is used shows when all profiles are complete.
void Resolver::warn_about_plugins() {
  std::unordered_set<std::string_view> referenced;
  for (const ProfileConfig& profile : config_.profiles) {
    for (const PluginReference& reference : profile.plugins) referenced.insert(reference.plugin);
  }
  for (const PluginConfig& plugin : config_.plugins) {
    const PluginDescription* known = description(plugin);
    if (known == nullptr || plugin.injected) continue;
    if (!fits_profile(*known)) {
      if (plugin.on_error == OnError::Default || known->offers(Kind::ProfileHandler)) continue;
      warning(child_pointer(plugin.pointer, "onError"), At::Key, "C215",
              "\"onError\" of plugin " + in_quotes(plugin.name) + " has no effect: it is " + what_it_is(*known),
              {"it decides about filters, scorers, pickers and profile handlers"});
      continue;
    }
    if (referenced.contains(plugin.name) || !references_certain_ || acts_on_its_own(*known)) continue;
    warning(place_of(plugin), At::Value, "C212",
            "plugin " + in_quotes(plugin.name) + " is not used: it is " + what_it_is(*known) +
                " that no profile references");
  }
}

// Instances first, because what they are decides everything after; then profiles, which may inject more of them.
void Resolver::run() {
  certain_ = !config_.incomplete_plugins && !config_.incomplete_profiles;
  references_certain_ = certain_;
  if (nothing_configured()) inject_peer_default();
  resolve_plugins();
  if (config_.profiles.empty()) make_default_profile();
  for (ProfileConfig& profile : config_.profiles) resolve_profile(profile);
  resolve_handler();
  resolve_swapper();
  check_group_members();
  check_session_sources();
  warn_about_plugins();
}

bool resolve_config(Config& config, const PluginCatalog& catalog, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  Resolver(config, catalog, diagnostics).run();
  return diagnostics.errors() == before;
}

}  // namespace shunt
