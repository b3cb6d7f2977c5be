// SPDX-License-Identifier: Apache-2.0
// plugin_scaffold.hpp: the files of a new plugin, made from the templates in sdk/templates.
//
//   const Scaffold scaffold = render_scaffold({"scorer", "kv-headroom", "cpp", "kv_headroom", ""});
//   for (const ScaffoldFile& file : scaffold.files) std::cout << file.path << '\n';  // kv_headroom.cpp and so on
//
// Templates lie in <set>/<kind>/, and what all kinds share in <set>/any/. The sets of a language: "all", "cmake" for what
// C and C++ have in common, and its own. `.in` is cut off; a file called plugin.* or plugin_* gets the library's name.
// Placeholders: @type@, @Class@, @library@, @source@, @test@, @needs@, @output@, @build@, @validate@, @run@; in Rust @crate@.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::host {

// Generated at build time.
struct EmbeddedTemplate {
  std::string_view path;  // below sdk/templates
  std::string_view text;
};
std::span<const EmbeddedTemplate> embedded_templates();

std::vector<std::string> scaffold_kinds();
std::vector<std::string> scaffold_languages();

// "" where `name` can be the type of a new plugin; else why not.
std::string problem_of_plugin_name(std::string_view name);
// What may have been meant by such a name: "KvHeadroom" gives "kv-headroom". "" where nothing usable is in it.
std::string suggested_plugin_name(std::string_view name);
// "kv-headroom" as folder and library: "kv_headroom".
std::string library_name(std::string_view type);

struct ScaffoldOrder {
  std::string kind;
  std::string type;
  std::string language;
  std::string folder;  // as the commands name it
  std::string crate;   // Rust: where the SDK's crate is, as Cargo.toml writes it
};

struct ScaffoldFile {
  std::string path;  // below the folder
  std::string text;
};

struct Scaffold {
  std::vector<ScaffoldFile> files;    // by path
  std::vector<std::string> commands;  // build and test; validate; decide
};

// Kind, language and type are known to be good.
Scaffold render_scaffold(const ScaffoldOrder& order);

}  // namespace shunt::host
