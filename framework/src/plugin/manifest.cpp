// SPDX-License-Identifier: Apache-2.0
#include <shunt/abi/manifest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <shunt/framework/elf_file.hpp>
#include <shunt/framework/json_text.hpp>
#include <shunt/framework/manifest.hpp>

#include "plugin/description_rules.hpp"
#include "plugin/manifest_keys.hpp"
#include "plugin/plugin_error.hpp"

namespace shunt {
namespace {

namespace json = boost::json;
using detail::plugin_error;
using detail::ProblemList;
using detail::quote;
using Rule = std::string (*)(std::string_view);

constexpr std::size_t kMaximumFlags = 16;

std::string_view kind_word(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return "null";
    case json::kind::bool_: return "a flag";
    case json::kind::string: return "a text";
    case json::kind::array: return "a list";
    case json::kind::object: return "an object";
    default: return "a number";
  }
}

// JSON has no word for infinity, but a number too large for a double is read as one. The depth is bounded by the parser.
bool is_finite(const json::value& value) {
  if (const double* number = value.if_double()) return std::isfinite(*number);
  if (const json::array* list = value.if_array()) return std::all_of(list->begin(), list->end(), is_finite);
  if (const json::object* object = value.if_object()) {
    return std::all_of(object->begin(), object->end(),
                       [](const json::key_value_pair& member) { return is_finite(member.value()); });
  }
  return true;
}

// Walks the tree once and notes every problem with the place of its value.
class ManifestReader {
 public:
  explicit ManifestReader(std::string_view path) : library_(path.substr(path.rfind('/') + 1)) {}

  Manifest read(const json::object& root) {
    Manifest manifest;
    if (const json::value* version = member(root, "manifest", "")) {
      if (number(*version, "manifest") != 1U)
        problems_.add("manifest", "is not 1, the only version that this host reads");
    }
    if (const json::object* abi = object(root, "abi", "")) {
      manifest.abi_major = number(*abi, "major", "abi.major");
      manifest.abi_minor = number(*abi, "minor", "abi.minor");
      manifest.abi_min_minor = number(*abi, "min_minor", "abi.min_minor");
      if (manifest.abi_min_minor > manifest.abi_minor) {
        problems_.add("abi.min_minor", "is higher than abi.minor");
      }
      newer_ = manifest.abi_major != kHostAbi.major || manifest.abi_minor > kHostAbi.minor;
      only(*abi, "abi.", {"major", "minor", "min_minor"});
    }
    if (const json::object* library = object(root, "library", "")) {
      manifest.name = text(*library, "name", "library.", detail::problem_of_name);
      manifest.version = text(*library, "version", "library.", detail::problem_of_name);
      only(*library, "library.", {"name", "version"});
    }
    only(root, "", {"manifest", "library", "abi", "plugins"});
    if (const json::value* plugins = member(root, "plugins", "")) manifest.plugins = read_plugins(*plugins);
    return manifest;
  }

  const ProblemList& problems() const { return problems_; }
  const ProblemList& plugin_problems() const { return plugin_problems_; }

 private:
  std::vector<PluginDescription> read_plugins(const json::value& value) {
    // From here on the shape may be that of an ABI which this host does not load anyway.
    std::swap(problems_, plugin_problems_);
    std::vector<PluginDescription> plugins;
    if (!value.is_array() || value.get_array().empty() || value.get_array().size() > kMaximumPluginsPerLibrary) {
      problems_.add("plugins", "is not a list of 1 to " + std::to_string(kMaximumPluginsPerLibrary) + " plugins");
    } else {
      for (std::size_t index = 0; index < value.get_array().size(); ++index) {
        plugins.push_back(read_plugin(value.get_array()[index], "plugins[" + std::to_string(index) + "]"));
        const std::string& type = plugins.back().type;
        const bool twice = std::any_of(plugins.begin(), plugins.end() - 1,
                                       [&type](const PluginDescription& other) { return other.type == type; });
        if (twice && !type.empty()) problems_.add("plugin type", quote(type) + " is offered twice");
      }
    }
    std::swap(problems_, plugin_problems_);
    return plugins;
  }

  PluginDescription read_plugin(const json::value& value, const std::string& place) {
    PluginDescription plugin;
    plugin.library = library_;
    if (!value.is_object()) {
      problems_.add(place, "is " + std::string(kind_word(value)) + ", not an object");
      return plugin;
    }
    const json::object& entry = value.get_object();
    const std::string prefix = place + '.';
    plugin.type = text(entry, "type", prefix, detail::problem_of_type);
    plugin.version = text(entry, "version", prefix, detail::problem_of_name);
    plugin.summary = text(entry, "summary", prefix, detail::problem_of_summary);
    plugin.stability = text(entry, "stability", prefix, [](std::string_view word) -> std::string {
      if (detail::is_stability_word(word)) return {};
      return quote(word) + " is none of alpha, beta, stable, deprecated";
    });
    plugin.interfaces = texts(member(entry, "interfaces", prefix), prefix + "interfaces",
                              detail::problem_of_interface_id, detail::kMaximumInterfaces);
    if (entry.contains("interfaces") && plugin.interfaces.empty()) {
      problems_.add(prefix + "interfaces", "names no interface");
    }
    if (const json::object* schema = object(entry, "parameters", prefix)) {
      if (!is_finite(entry.at("parameters")))
        problems_.add(prefix + "parameters", "has a number that is too large for a double");
      plugin.parameters_schema = json_text(*schema);
    }
    for (const std::string& flag :
         texts(entry.if_contains("flags"), prefix + "flags", detail::problem_of_name, kMaximumFlags)) {
      if (flag == detail::kSingleInstance)
        plugin.single_instance = true;
      else if (!newer_)
        problems_.add(prefix + "flags", quote(flag) + " is none of " + std::string(detail::kSingleInstance));
    }
    plugin.reads = columns(entry, "reads", prefix);
    plugin.writes = columns(entry, "writes", prefix);
    plugin.default_producer_of = columns(entry, "default_producer_of", prefix);
    only(entry, prefix,
         {"type", "version", "summary", "stability", "interfaces", "parameters", "flags", "reads", "writes",
          "default_producer_of"});
    return plugin;
  }

  const json::value* member(const json::object& parent, std::string_view key, const std::string& prefix) {
    const json::value* found = parent.if_contains(key);
    if (found == nullptr) problems_.add(prefix + std::string(key), "is missing");
    return found;
  }

  const json::object* object(const json::object& parent, std::string_view key, const std::string& prefix) {
    const json::value* found = member(parent, key, prefix);
    if (found == nullptr || found->is_object()) return found == nullptr ? nullptr : &found->get_object();
    problems_.add(prefix + std::string(key), "is " + std::string(kind_word(*found)) + ", not an object");
    return nullptr;
  }

  std::uint32_t number(const json::value& value, const std::string& place) {
    std::uint64_t number = std::numeric_limits<std::uint64_t>::max();
    if (value.is_uint64()) number = value.get_uint64();
    if (value.is_int64() && value.get_int64() >= 0) number = static_cast<std::uint64_t>(value.get_int64());
    if (number <= std::numeric_limits<std::uint32_t>::max()) return static_cast<std::uint32_t>(number);
    problems_.add(place, "is not a whole number from 0 to 4294967295");
    return 0;
  }

  std::uint32_t number(const json::object& parent, std::string_view key, const std::string& place) {
    const json::value* found = parent.if_contains(key);
    if (found != nullptr) return number(*found, place);
    problems_.add(place, "is missing");
    return 0;
  }

  // A text that breaks its rule is reported and left out, so that nothing later meets it.
  std::string text(const json::value& value, const std::string& place, Rule rule) {
    if (!value.is_string()) {
      problems_.add(place, "is " + std::string(kind_word(value)) + ", not a text");
      return {};
    }
    const std::string_view content(value.get_string().data(), value.get_string().size());
    const std::string problem = rule(content);
    problems_.add(place, problem);
    return problem.empty() ? std::string(content) : std::string();
  }

  std::string text(const json::object& parent, std::string_view key, const std::string& prefix, Rule rule) {
    const json::value* found = member(parent, key, prefix);
    return found == nullptr ? std::string() : text(*found, prefix + std::string(key), rule);
  }

  std::vector<std::string> texts(const json::value* value, const std::string& place, Rule rule, std::size_t maximum) {
    std::vector<std::string> found;
    if (value == nullptr) return found;
    if (!value->is_array() || value->get_array().size() > maximum) {
      problems_.add(place, "is not a list of at most " + std::to_string(maximum) + " texts");
      return found;
    }
    for (std::size_t index = 0; index < value->get_array().size(); ++index) {
      std::string entry = text(value->get_array()[index], place + '[' + std::to_string(index) + ']', rule);
      if (entry.empty()) continue;
      if (std::find(found.begin(), found.end(), entry) != found.end())
        problems_.add(place, "names " + quote(entry) + " twice");
      found.push_back(std::move(entry));
    }
    return found;
  }

  std::vector<std::string> columns(const json::object& parent, std::string_view key, const std::string& prefix) {
    return texts(parent.if_contains(key), prefix + std::string(key), detail::problem_of_name, detail::kMaximumColumns);
  }

  void only(const json::object& parent, const std::string& prefix, std::initializer_list<std::string_view> known) {
    if (newer_) return;
    for (const json::key_value_pair& entry : parent) {
      const std::string_view key(entry.key().data(), entry.key().size());
      if (std::find(known.begin(), known.end(), key) == known.end()) {
        problems_.add(prefix + std::string(key.substr(0, detail::kMaximumName)), "is not a member of a manifest");
      }
    }
  }

  std::string library_;
  bool newer_ = false;
  ProblemList problems_;
  ProblemList plugin_problems_;
};

Error manifest_error(std::string_view path, const ProblemList& problems) {
  return plugin_error("P141", path,
                      "has a manifest with " + std::to_string(problems.count()) +
                          (problems.count() == 1 ? " problem" : " problems") +
                          "; correct it, best by using the SDK's macros:" + problems.text());
}

bool is_release_candidate(std::uint32_t minor) { return minor >= 0x80000000U; }

}  // namespace

const AbiVersion kHostAbi = {SHUNT_ABI_MAJOR, SHUNT_ABI_MINOR_CURRENT};

Result<Manifest> parse_manifest(std::string_view text, std::string_view path) {
  text = text.substr(0, text.find_last_not_of('\0') + 1);
  if (text.size() > kMaximumManifestBytes) {
    return plugin_error("P141", path,
                        "has a manifest of " + std::to_string(text.size()) + " bytes, at most " +
                            std::to_string(kMaximumManifestBytes) + " are allowed: shorten its parameter schemas");
  }
  json::parse_options options;
  options.max_depth = detail::kMaximumManifestDepth;
  json::error_code error;
  const json::value root = json::parse(text, error, json::storage_ptr(), options);
  ProblemList problems;
  if (error) {
    problems.add("it", "is not valid JSON: " + error.message());
    return manifest_error(path, problems);
  }
  for (const std::string& key : detail::duplicate_keys(text)) problems.add(key, "is written twice in one object");
  if (!root.is_object()) problems.add("it", "is " + std::string(kind_word(root)) + ", not an object");
  if (!problems.empty()) return manifest_error(path, problems);

  ManifestReader reader(path);
  Manifest manifest = reader.read(root.get_object());
  if (!reader.problems().empty()) return manifest_error(path, reader.problems());
  if (!reader.plugin_problems().empty()) {
    if (check_abi(manifest, path)) return manifest_error(path, reader.plugin_problems());
    manifest.plugins.clear();
  }
  return manifest;
}

Result<Manifest> manifest_of(const ElfFile& elf, std::string_view path) {
  const std::vector<const ElfNote*> notes = elf.find_notes(SHUNT_MANIFEST_OWNER, SHUNT_MANIFEST_NOTE);
  if (notes.empty()) {
    return plugin_error("P140", path,
                        "has no manifest (a note of owner \"" SHUNT_MANIFEST_OWNER
                        "\" in section " SHUNT_MANIFEST_SECTION
                        "): it is no shunt plugin, or was built without the SDK's library macro");
  }
  if (notes.size() > 1) {
    return plugin_error("P141", path,
                        "has " + std::to_string(notes.size()) +
                            " manifests: use the SDK's library macro in exactly one of its source files");
  }
  return parse_manifest(notes.front()->content, path);
}

std::string to_string(AbiVersion version) {
  std::string out = std::to_string(version.major) + '.';
  if (!is_release_candidate(version.minor)) return out + std::to_string(version.minor);
  return out + "0-rc" + std::to_string(version.minor - 0x80000000U);
}

Result<void> check_abi(const Manifest& manifest, std::string_view path, AbiVersion host) {
  const AbiVersion built = {manifest.abi_major, manifest.abi_minor};
  const AbiVersion needed = {manifest.abi_major, manifest.abi_min_minor};
  if (manifest.abi_major != host.major) {
    return plugin_error("P150", path,
                        "is built for ABI " + to_string(built) + ", this host speaks " + to_string(host) +
                            ": rebuild it against SDK " + std::to_string(host.major) +
                            ".x, or use a host that speaks ABI " + std::to_string(manifest.abi_major));
  }
  const bool candidate = is_release_candidate(host.minor) || is_release_candidate(manifest.abi_minor);
  if (candidate && manifest.abi_minor != host.minor) {
    return plugin_error(
        "P152", path,
        "is built for ABI " + to_string(built) + ", this host speaks " + to_string(host) +
            ", and release candidates fit only their own number: rebuild it against SDK " + to_string(host) +
            (manifest.abi_minor > host.minor && is_release_candidate(host.minor) ? ", or upgrade the host" : ""));
  }
  if (manifest.abi_min_minor > host.minor) {
    return plugin_error("P151", path,
                        "needs ABI " + to_string(needed) + ", this host offers " + to_string(host) +
                            ": rebuild it against SDK " + to_string(host) + ", or upgrade the host");
  }
  return {};
}

}  // namespace shunt
