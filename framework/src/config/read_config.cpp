// SPDX-License-Identifier: Apache-2.0
// First pass: what stands at the top of the file. Plugins, profiles and models have files of their own.
#include <algorithm>
#include <array>
#include <boost/json/value.hpp>
#include <cctype>
#include <shunt/framework/suggest.hpp>
#include <utility>

#include "config_keys.hpp"
#include "reader.hpp"
#include "text.hpp"

namespace shunt {

namespace json = boost::json;

using config_text::in_quotes;

namespace {

// In the order of the words for them.
constexpr std::array<AttributeType, config_keys::kAttributeTypes.size()> kAttributeTypes = {
    AttributeType::Number, AttributeType::Flag, AttributeType::Name, AttributeType::Set};

constexpr std::int64_t kMinHang = 50;  // shorter than this a busy machine alone can take
constexpr std::int64_t kMaxHang = 3'600'000;
constexpr std::int64_t kMaxBudget = 60'000'000;  // a minute: what is slower is not a scheduling decision
constexpr std::int64_t kMaxWindow = 10'000;
constexpr std::int64_t kMaxProbes = 1000;

// Both keys may be left out.
void read_header(const ObjectReader& root, const ReadContext& context) {
  const std::optional<std::string> version = root.text("apiVersion");
  const std::optional<std::string> kind = root.text("kind");
  if (version && *version != config_keys::kApiVersion) {
    context.error(root.pointer("apiVersion"), At::Value, "C110", "unknown apiVersion " + in_quotes(*version), {},
                  {"this program reads " + in_quotes(config_keys::kApiVersion),
                   "and, with \"kind\": " + in_quotes(config_keys::kPeerKind) +
                       ", configs of the llm-d endpoint picker, v1alpha1"});
  }
  if (kind && *kind != config_keys::kKind) {
    const auto close = suggest(*kind, {config_keys::kKind});
    context.error(root.pointer("kind"), At::Value, "C110", "unknown kind " + in_quotes(*kind),
                  close ? did_you_mean(*close) : "", {"this program reads " + in_quotes(config_keys::kKind)});
  }
}

std::vector<std::string_view> known_keys() {
  std::vector<std::string_view> keys(config_keys::kConfig.begin(), config_keys::kConfig.end());
  keys.insert(keys.end(), config_keys::kHost.begin(), config_keys::kHost.end());
  return keys;
}

// In lower case, as the digests it will be compared with; empty when there is none, or a wrong one.
std::string read_digest(const ObjectReader& library, const ReadContext& context) {
  std::string digest = library.text("sha256").value_or("");
  if (library.member("sha256") == nullptr || !library.member("sha256")->is_string()) return digest;
  for (char& c : digest) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const bool hex = std::all_of(digest.begin(), digest.end(),
                               [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; });
  if (hex && digest.size() == 64) return digest;
  context.error(
      library.pointer("sha256"), At::Value, "C406",
      "a SHA-256 digest has 64 hex digits, found " + (hex ? std::to_string(digest.size()) : "other characters"), {},
      {"the program sha256sum prints it"});
  digest.clear();
  return digest;
}

void read_libraries(const ObjectReader& root, Config& config, const ReadContext& context) {
  const json::array* libraries = root.list("libraries");
  if (libraries == nullptr) return;
  config.libraries_written = true;
  for (std::size_t i = 0; i < libraries->size(); ++i) {
    const json::value& value = (*libraries)[i];
    LibraryConfig library;
    library.pointer = child_pointer(root.pointer("libraries"), i);
    if (const json::object* object = value.if_object()) {
      ObjectReader reader(*object, library.pointer, "library " + std::to_string(i + 1), context);
      reader.allow(config_keys::kLibrary);
      library.path = reader.required_text("path").value_or("");
      library.sha256 = read_digest(reader, context);
    } else if (value.is_string()) {
      if (context.text(value, library.pointer, "each library")) library.path = value.get_string();
    } else {
      context.error(library.pointer, At::Value, "C105",
                    "each library must be a string or an object with \"path\" and \"sha256\", found " +
                        config_text::found(value));
    }
    if (!library.path.empty()) config.libraries.push_back(std::move(library));
  }
}

void read_attributes(const ObjectReader& root, Config& config, const ReadContext& context) {
  const json::object* attributes = root.object("attributes");
  if (attributes == nullptr) return;
  ObjectReader reader(*attributes, root.pointer("attributes"), "attributes", context);
  for (const auto& member : *attributes) {
    const std::string_view name = member.key();
    if (name.empty()) {
      context.error(reader.pointer(name), At::Key, "C406", "an attribute needs a name");
      continue;
    }
    const auto which = reader.word(name, config_keys::kAttributeTypes);
    if (!which) continue;
    if (const Result<void> fits = check_attribute_type(name, kAttributeTypes[*which]); !fits) {
      context.error(reader.pointer(name), At::Value, fits.error().code, fits.error().message);
      continue;
    }
    config.attributes.push_back({reader.pointer(name), std::string(name), kAttributeTypes[*which]});
  }
}

void read_breaker(const ObjectReader& limits, BreakerBounds& bounds, const ReadContext& context) {
  const json::object* breaker = limits.object("breaker");
  if (breaker == nullptr) return;
  ObjectReader reader(*breaker, limits.pointer("breaker"), "breaker", context);
  reader.allow(config_keys::kBreaker);
  bounds.enabled = reader.flag("enabled").value_or(bounds.enabled);
  const auto read = [&reader](std::string_view key, std::int64_t least, std::int64_t most, std::uint32_t& to) {
    if (const auto number = reader.integer(key, least, most)) to = static_cast<std::uint32_t>(*number);
  };
  read("calls", 1, kMaxWindow, bounds.calls);
  read("failedPercent", 0, 100, bounds.failed_percent);
  read("slowPercent", 0, 100, bounds.slow_percent);
  read("openMilliseconds", 1, kMaxHang, bounds.open_milliseconds);
  read("probes", 1, kMaxProbes, bounds.probes);
}

// A limit that is refused keeps its default, so that the rest of the file can still be judged.
void read_limits(const ObjectReader& root, Config& config, const ReadContext& context) {
  const json::object* limits = root.object("limits");
  if (limits == nullptr) return;
  ObjectReader reader(*limits, root.pointer("limits"), "limits", context);
  reader.allow(config_keys::kLimits);
  config.limits.pointer = reader.pointer();
  if (const auto rounds = reader.integer("handlerRounds", 1, 64)) {
    config.limits.handler_rounds = static_cast<std::uint32_t>(*rounds);
  }
  if (const auto budget = reader.integer("pluginBudgetMicroseconds", 1, kMaxBudget)) {
    config.limits.plugin_budget_microseconds = static_cast<std::uint32_t>(*budget);
  }
  if (const auto hang = reader.integer("pluginHangMilliseconds", kMinHang, kMaxHang)) {
    config.limits.plugin_hang_milliseconds = static_cast<std::uint32_t>(*hang);
  }
  if (const auto hang = reader.integer("controlHangMilliseconds", kMinHang, kMaxHang)) {
    config.limits.control_hang_milliseconds = static_cast<std::uint32_t>(*hang);
  }
  read_breaker(reader, config.limits.breaker, context);
}

}  // namespace

std::optional<Config> read_config(std::shared_ptr<const Document> document, Diagnostics& diagnostics) {
  const ReadContext context{*document, diagnostics};
  Config config;
  config.document = document;
  const json::value& value = document->root();
  if (value.is_null()) return config;
  const json::object* object = context.object(value, "", "a config");
  if (object == nullptr) return std::nullopt;

  ObjectReader root(*object, "", "", context);
  if (is_peer_config(*object)) {
    root.allow(config_keys::kPeer);
    read_plugins(root, config, context);
    read_profiles(root, config, context);
    read_peer(root, config, context);
    return config;
  }
  root.allow(known_keys());
  read_header(root, context);
  read_libraries(root, config, context);
  config.plugin_dirs = root.texts("pluginDirs");
  read_attributes(root, config, context);
  read_plugins(root, config, context);
  read_profiles(root, config, context);
  read_limits(root, config, context);
  read_models(root, config, context);
  read_routing(root, config, context);
  for (const std::string_view key : config_keys::kHost) {
    if (const json::value* section = root.member(key)) config.host[key] = *section;
  }
  return config;
}

}  // namespace shunt
