// SPDX-License-Identifier: Apache-2.0
#include "plugin/library_table.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <shunt/framework/json_text.hpp>
#include <string>

#include "plugin/description_rules.hpp"
#include "plugin/manifest_keys.hpp"
#include "plugin/plugin_error.hpp"

namespace shunt::detail {
namespace {

namespace json = boost::json;
using Rule = std::string (*)(std::string_view);

// No table of this ABI will ever be so large: a bigger number is no size.
constexpr std::uint32_t kMaximumTableSize = 1U << 16U;

json::value parse_schema(std::string_view text, json::error_code& error) {
  json::parse_options options;
  options.max_depth = kMaximumManifestDepth;
  return json::parse(text, error, json::storage_ptr(), options);
}

std::string problem_of_schema(std::string_view text) {
  if (text.empty()) return "is empty";
  if (text.size() > kMaximumManifestBytes)
    return "has " + std::to_string(text.size()) + " bytes, too many for a schema";
  json::error_code error;
  const json::value value = parse_schema(text, error);
  if (error) return "is not valid JSON: " + error.message();
  return value.is_object() ? "" : "is no JSON object";
}

bool is_aligned(const void* pointer, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(pointer) % alignment == 0;
}

// Copies everything it wants to keep, because a library's own text could change under its reader. Pointers into the
// mapping cannot be proven good, but what is NULL, unaligned, too long or too short is found before it is used.
class TableReader {
 public:
  TableReader(const shunt_library& library, std::string_view path) : library_(library), path_(path) {
    table_.library = &library;
  }

  Result<LibraryTable> run() {
    if (Result<void> header = read_header(); !header) return header.error();
    Manifest& facts = table_.facts;
    facts.name = text(library_.name, "library name", problem_of_name);
    facts.version = text(library_.version, "library version", problem_of_name);
    if (library_.describe == nullptr) {
      problems_.add("describe", "is NULL");
    } else if (library_.plugin_count == 0 || library_.plugin_count > kMaximumPluginsPerLibrary) {
      problems_.add("plugin_count", "is " + std::to_string(library_.plugin_count) + ", not 1 to " +
                                        std::to_string(kMaximumPluginsPerLibrary));
    } else {
      read_plugins();
    }
    if (!problems_.empty()) {
      return plugin_error("P164", path_,
                          "has tables with " + std::to_string(problems_.count()) +
                              (problems_.count() == 1 ? " problem" : " problems") +
                              "; correct them, best by using the SDK's macros:" + problems_.text());
    }
    return std::move(table_);
  }

 private:
  // The members that every ABI major has to keep in place come first, so that the right thing is said about the rest.
  Result<void> read_header() {
    if (library_.size < offsetof(shunt_library, abi_min_minor) + sizeof(library_.abi_min_minor) ||
        library_.size > kMaximumTableSize) {
      return size_error();
    }
    table_.facts.abi_major = library_.abi_major;
    table_.facts.abi_minor = library_.abi_minor;
    table_.facts.abi_min_minor = library_.abi_min_minor;
    if (Result<void> spoken = check_abi(table_.facts, path_); !spoken) return spoken.error();
    if (!SHUNT_HAS(&library_, shunt_library, deinit)) return size_error();
    return {};
  }

  Error size_error() const {
    return plugin_error("P164", path_,
                        "says that its library table has " + std::to_string(library_.size) + " bytes, ABI 1.0 has " +
                            std::to_string(sizeof(shunt_library)) + ": set `size` to sizeof(shunt_library)");
  }

  void read_plugins() {
    for (std::uint32_t index = 0; index < library_.plugin_count; ++index) {
      const shunt_plugin* plugin = library_.describe(index);
      const std::string place = "describe(" + std::to_string(index) + ")";
      if (plugin == nullptr || !is_aligned(plugin, alignof(shunt_plugin))) {
        problems_.add(place, plugin == nullptr ? "is NULL" : "is not aligned");
      } else if (plugin != library_.describe(index)) {
        problems_.add(place, "answers differently each time");
      } else {
        read_plugin(*plugin, place);
      }
    }
    if (library_.describe(library_.plugin_count) != nullptr) {
      problems_.add("describe(plugin_count)", "is not NULL: more plugins than plugin_count says");
    }
  }

  void read_plugin(const shunt_plugin& plugin, const std::string& place) {
    if (!SHUNT_HAS(&plugin, shunt_plugin, n_default_producer_of) || plugin.size > kMaximumTableSize) {
      problems_.add(place, "says that it has " + std::to_string(plugin.size) + " bytes, ABI 1.0 has " +
                               std::to_string(sizeof(shunt_plugin)));
      return;
    }
    PluginDescription facts;
    facts.library = std::string(path_.substr(path_.rfind('/') + 1));
    facts.type = text(plugin.type, place + " type", problem_of_type);
    facts.version = text(plugin.version, place + " version", problem_of_name);
    facts.summary = text(plugin.summary, place + " summary", problem_of_summary);
    facts.parameters_schema = text(plugin.parameters_schema, place + " parameters_schema", problem_of_schema);
    facts.stability = stability_word(plugin.stability);
    if (facts.stability.empty()) {
      problems_.add(place + " stability", "is " + std::to_string(plugin.stability) + ", no SHUNT_STABILITY_*");
    }
    read_interfaces(plugin, place, facts);
    facts.single_instance = (plugin.flags & SHUNT_PLUGIN_SINGLE_INSTANCE) != 0;
    facts.reads = columns(plugin.reads, plugin.n_reads, place + " reads");
    facts.writes = columns(plugin.writes, plugin.n_writes, place + " writes");
    facts.default_producer_of =
        columns(plugin.default_producer_of, plugin.n_default_producer_of, place + " default_producer_of");
    if (plugin.create == nullptr) problems_.add(place + " create", "is NULL");
    if (plugin.destroy == nullptr) problems_.add(place + " destroy", "is NULL");
    if (plugin.interface_table == nullptr) problems_.add(place + " interface_table", "is NULL");
    const bool twice = std::any_of(table_.facts.plugins.begin(), table_.facts.plugins.end(),
                                   [&facts](const PluginDescription& other) { return other.type == facts.type; });
    if (twice && !facts.type.empty()) problems_.add(place + " type", quote(facts.type) + " is offered twice");
    table_.facts.plugins.push_back(std::move(facts));
    table_.plugins.push_back(&plugin);
  }

  void read_interfaces(const shunt_plugin& plugin, const std::string& place, PluginDescription& facts) {
    if (plugin.interfaces == nullptr || plugin.n_interfaces == 0 || plugin.n_interfaces > kMaximumInterfaces) {
      problems_.add(place + " interfaces", "has " + std::to_string(plugin.n_interfaces) + " entries" +
                                               (plugin.interfaces == nullptr ? " at NULL" : "") + ", not 1 to " +
                                               std::to_string(kMaximumInterfaces));
      return;
    }
    for (std::uint32_t index = 0; index < plugin.n_interfaces; ++index) {
      facts.interfaces.push_back(text(plugin.interfaces[index], place + " interfaces[" + std::to_string(index) + "]",
                                      problem_of_interface_id));
    }
  }

  std::vector<std::string> columns(const shunt_str* names, std::uint32_t n, const std::string& place) {
    std::vector<std::string> found;
    if (n > kMaximumColumns || (n > 0 && names == nullptr)) {
      problems_.add(place, "has " + std::to_string(n) + " entries" + (names == nullptr ? " at NULL" : "") +
                               ", not 0 to " + std::to_string(kMaximumColumns));
      return found;
    }
    for (std::uint32_t index = 0; index < n; ++index) {
      found.push_back(text(names[index], place + "[" + std::to_string(index) + "]", problem_of_name));
    }
    return found;
  }

  // Bounded before it is looked at: a length that is a lie must not lead out of the mapping.
  std::string text(shunt_str value, const std::string& place, Rule rule) {
    if (value.data == nullptr || value.len > kMaximumManifestBytes) {
      problems_.add(place,
                    value.data == nullptr ? "is absent" : "says that it has " + std::to_string(value.len) + " bytes");
      return {};
    }
    const std::string_view content(value.data, value.len);
    const std::string problem = rule(content);
    problems_.add(place, problem);
    return problem.empty() ? std::string(content) : std::string();
  }

  const shunt_library& library_;
  std::string_view path_;
  LibraryTable table_;
  ProblemList problems_;
};

// Collects "what: manifest a, table b".
class Comparison {
 public:
  void texts(const std::string& what, const std::string& manifest, const std::string& table) {
    if (manifest != table) differences_.add(what + ": manifest " + quote(manifest) + ", table " + quote(table));
  }

  void numbers(const std::string& what, std::uint32_t manifest, std::uint32_t table) {
    if (manifest != table) {
      differences_.add(what + ": manifest " + std::to_string(manifest) + ", table " + std::to_string(table));
    }
  }

  void plugins(const PluginDescription& manifest, const PluginDescription& table) {
    const std::string prefix = "plugin " + quote(manifest.type) + " ";
    texts(prefix + "version", manifest.version, table.version);
    texts(prefix + "summary", manifest.summary, table.summary);
    texts(prefix + "stability", manifest.stability, table.stability);
    texts(prefix + "interfaces", joined(manifest.interfaces, kMaximumInterfaces),
          joined(table.interfaces, kMaximumInterfaces));
    texts(prefix + "flags", flags_of(manifest), flags_of(table));
    texts(prefix + "reads", joined(manifest.reads, kMaximumColumns), joined(table.reads, kMaximumColumns));
    texts(prefix + "writes", joined(manifest.writes, kMaximumColumns), joined(table.writes, kMaximumColumns));
    texts(prefix + "default_producer_of", joined(manifest.default_producer_of, kMaximumColumns),
          joined(table.default_producer_of, kMaximumColumns));
    // Both were parsed before, so there is no error to look at. Spaces, the order of members and how a number is written do
    // not count: the manifest's has been written anew, where 1.0 becomes 1.
    const auto plain = [](const std::string& schema) {
      json::error_code error;
      return parse_schema(json_text(parse_schema(schema, error)), error);
    };
    if (plain(manifest.parameters_schema) != plain(table.parameters_schema)) {
      constexpr std::size_t kShown = 200;
      texts(prefix + "parameters schema", manifest.parameters_schema.substr(0, kShown),
            table.parameters_schema.substr(0, kShown));
    }
  }

  ProblemList& list() { return differences_; }

 private:
  static std::string flags_of(const PluginDescription& plugin) {
    return plugin.single_instance ? std::string(kSingleInstance) : std::string();
  }
  ProblemList differences_;
};

const PluginDescription* find_type(const Manifest& facts, const std::string& type) {
  const auto found = std::find_if(facts.plugins.begin(), facts.plugins.end(),
                                  [&type](const PluginDescription& plugin) { return plugin.type == type; });
  return found == facts.plugins.end() ? nullptr : &*found;
}

std::vector<std::string> types_of(const Manifest& facts) {
  std::vector<std::string> types;
  for (const PluginDescription& plugin : facts.plugins) types.push_back(plugin.type);
  return types;
}

}  // namespace

Result<LibraryTable> read_table(shunt_library_entry entry, std::string_view path) {
  const shunt_library* library = entry();
  if (library == nullptr || library != entry()) {
    return plugin_error("P163", path,
                        library == nullptr ? "has an entry function " SHUNT_LIBRARY_ENTRY_NAME
                                             " that returns NULL: return a static table"
                                           : "has an entry function " SHUNT_LIBRARY_ENTRY_NAME
                                             " that returns another table each time: return one static table");
  }
  if (!is_aligned(library, alignof(shunt_library))) {
    return plugin_error(
        "P163", path, "has an entry function " SHUNT_LIBRARY_ENTRY_NAME " that returns no table: return a static one");
  }
  return TableReader(*library, path).run();
}

Result<void> compare_facts(const Manifest& manifest, const Manifest& table, std::string_view path) {
  Comparison comparison;
  comparison.texts("library name", manifest.name, table.name);
  comparison.texts("library version", manifest.version, table.version);
  comparison.numbers("abi major", manifest.abi_major, table.abi_major);
  comparison.numbers("abi minor", manifest.abi_minor, table.abi_minor);
  comparison.numbers("abi min_minor", manifest.abi_min_minor, table.abi_min_minor);
  bool same_types = manifest.plugins.size() == table.plugins.size();
  for (const PluginDescription& plugin : manifest.plugins) {
    if (const PluginDescription* other = find_type(table, plugin.type)) {
      comparison.plugins(plugin, *other);
    } else {
      comparison.list().add("plugin " + quote(plugin.type) + " is only in the manifest");
      same_types = false;
    }
  }
  for (const PluginDescription& plugin : table.plugins) {
    if (find_type(manifest, plugin.type) == nullptr) {
      comparison.list().add("plugin " + quote(plugin.type) + " is only in the table");
      same_types = false;
    }
  }
  if (same_types && types_of(manifest) != types_of(table)) {
    comparison.list().add("order of plugins: manifest " + joined(types_of(manifest)) + "; table " +
                          joined(types_of(table)));
  }
  const ProblemList& differences = comparison.list();
  if (differences.empty()) return {};
  return plugin_error("P165", path,
                      "has a manifest and tables that differ in " + std::to_string(differences.count()) +
                          (differences.count() == 1 ? " point" : " points") +
                          "; build both from the same literals, as the SDK's macros do:" + differences.text());
}

}  // namespace shunt::detail
