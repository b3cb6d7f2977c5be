// SPDX-License-Identifier: Apache-2.0
// The text of a manifest, and what is read from it written as a manifest again.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <shunt/framework/manifest.hpp>

#include "properties.hpp"

namespace {

namespace json = boost::json;

using shunt::fuzz::require;

constexpr const char* kPath = "/x/fuzz.so";

json::array list_of(const std::vector<std::string>& texts) { return json::array(texts.begin(), texts.end()); }

json::value parameters_of(const shunt::PluginDescription& plugin) {
  json::error_code error;
  const json::value schema = json::parse(plugin.parameters_schema, error);
  require(!error && schema.is_object(), "the parameters of a manifest are no schema:", plugin.parameters_schema);
  return schema;
}

std::string written(const shunt::Manifest& manifest) {
  json::array plugins;
  for (const shunt::PluginDescription& plugin : manifest.plugins) {
    plugins.push_back(json::object{{"type", plugin.type},
                                   {"version", plugin.version},
                                   {"summary", plugin.summary},
                                   {"stability", plugin.stability},
                                   {"interfaces", list_of(plugin.interfaces)},
                                   {"parameters", parameters_of(plugin)},
                                   {"reads", list_of(plugin.reads)},
                                   {"writes", list_of(plugin.writes)},
                                   {"default_producer_of", list_of(plugin.default_producer_of)}});
  }
  const json::object abi{
      {"major", manifest.abi_major}, {"minor", manifest.abi_minor}, {"min_minor", manifest.abi_min_minor}};
  return json::serialize(json::object{{"manifest", 1},
                                      {"library", {{"name", manifest.name}, {"version", manifest.version}}},
                                      {"abi", abi},
                                      {"plugins", std::move(plugins)}});
}

bool same(const shunt::PluginDescription& a, const shunt::PluginDescription& b) {
  return a.type == b.type && a.version == b.version && a.summary == b.summary && a.stability == b.stability &&
         a.interfaces == b.interfaces && a.reads == b.reads && a.writes == b.writes &&
         a.default_producer_of == b.default_producer_of && a.library == b.library;
}

bool same(const shunt::Manifest& a, const shunt::Manifest& b) {
  if (a.name != b.name || a.version != b.version || a.plugins.size() != b.plugins.size()) return false;
  for (std::size_t i = 0; i < a.plugins.size(); ++i) {
    if (!same(a.plugins[i], b.plugins[i])) return false;
  }
  return a.abi_major == b.abi_major && a.abi_minor == b.abi_minor && a.abi_min_minor == b.abi_min_minor;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const shunt::Result<shunt::Manifest> manifest = shunt::parse_manifest(shunt::fuzz::text_of(data, size), kPath);
  if (!manifest) {
    require(manifest.error().code == "P141", "a manifest is refused with the code", manifest.error().code);
    require(manifest.error().message.find(kPath) != std::string::npos,
            "a message does not name the library:", manifest.error().message);
    return 0;
  }
  require(!manifest->name.empty() && !manifest->version.empty(), "a library without name or version");
  require(manifest->abi_min_minor <= manifest->abi_minor, "a library needs more than it was built with");
  const bool loadable = shunt::check_abi(*manifest, kPath).has_value();
  require(!loadable || !manifest->plugins.empty(), "a library that offers nothing is to be loaded");
  const std::string text = written(*manifest);
  const shunt::Result<shunt::Manifest> again = shunt::parse_manifest(text, kPath);
  require(again.has_value(), "a manifest is refused when it is read again:", text);
  require(same(*manifest, *again), "a manifest changes when it is read again:", text);
  return 0;
}
