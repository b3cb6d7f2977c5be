// SPDX-License-Identifier: Apache-2.0
#include "plugin_scaffold.hpp"

#include <algorithm>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <stdexcept>
#include <utility>

#include "field_reader.hpp"
#include "json_text.hpp"
#include "process/shell_word.hpp"

namespace shunt::host {

namespace {

constexpr std::size_t kLongestName = 64;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "kv-headroom" as a class: "KvHeadroom".
std::string class_name(std::string_view type) {
  std::string out;
  bool begins = true;
  for (const char c : type) {
    if (c != '-') out += begins && is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
    begins = c == '-';
  }
  return out;
}

std::string run_command(const std::string& kind) {
  if (kind == "swapper") return "shunt swap plan -c sample/shunt.jsonc --target code --running chat,embed -o text";
  return "shunt schedule -c sample/shunt.jsonc --endpoints sample/pool.jsonc --requests sample/requests.jsonl "
         "--explain -o text";
}

// What differs between languages.
struct Toolchain {
  std::vector<std::string> sets;  // of templates
  std::string source;
  std::string test;
  std::string build;  // and test
  std::string needs;  // for a README: what the command above asks for
};

Toolchain cmake_toolchain(const std::string& language, const std::string& library) {
  return {
      {"all", "cmake", language},
      library + "." + language,
      library + "_test.cpp",
      "cmake -B build && cmake --build build && ctest --test-dir build --output-on-failure",
      "CMake, GoogleTest (`libgtest-dev`) and the SDK of shunt (`-Dshunt_DIR=` or `CMAKE_PREFIX_PATH` where it is not\n"
      "installed in the usual place)"};
}

// The package has a prefix of its own: a crate called core, test or match could not be built, and behind it the SDK's name
// comes in the lock file whatever the type is.
Toolchain cargo_toolchain(const std::string& library) {
  return {
      {"all", "rust"},
      "src/lib.rs",
      "src/tests.rs",
      "cargo test --offline --target-dir build && cargo build --release --offline --target-dir build && "
      "cp build/release/libshunt_plugin_" +
          library + ".so build/" + library + ".so",
      "Rust 1.63 or newer with cargo, and the crate `shunt-sdk` where `Cargo.toml` says that it is. It reads nothing\n"
      "from the network"};
}

using Replacements = std::vector<std::pair<std::string, std::string>>;

std::string filled_in(std::string_view text, const Replacements& replacements) {
  std::string out;
  while (!text.empty()) {
    const std::size_t at = std::min(text.find('@'), text.size());
    out += text.substr(0, at);
    text.remove_prefix(at);
    if (text.empty()) break;
    const auto known = std::ranges::find_if(replacements, [&](const auto& one) { return text.starts_with(one.first); });
    if (known == replacements.end()) throw std::logic_error("a template has an unknown placeholder");
    out += known->second;
    text.remove_prefix(known->first.size());
  }
  return out;
}

// "scorer/plugin_test.cpp.in" without its first folder as a file of the plugin: "kv_headroom_test.cpp".
std::string file_name(std::string_view path, const std::string& library) {
  std::string out(path.substr(0, path.size() - std::string_view(".in").size()));
  constexpr std::string_view kOwn = "plugin";
  if (out.starts_with("plugin.") || out.starts_with("plugin_")) out.replace(0, kOwn.size(), library);
  return out;
}

}  // namespace

std::vector<std::string> scaffold_kinds() { return {"filter", "scorer", "picker", "profile-handler", "swapper"}; }

std::vector<std::string> scaffold_languages() { return {"cpp", "c", "rust"}; }

std::string problem_of_plugin_name(std::string_view name) {
  if (name.empty()) return "a plugin needs a name";
  if (name.size() > kLongestName) {
    return "the name has " + std::to_string(name.size()) + " characters; " + std::to_string(kLongestName) +
           " are allowed";
  }
  const bool clean = std::ranges::all_of(name, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
  if (clean && is_lower(name.front()) && name.back() != '-' && name.find("--") == std::string_view::npos) return {};
  return in_quotes(std::string(name)) +
         " cannot be the type of a plugin: a letter, then lower-case letters and digits, words joined by single "
         "hyphens";
}

std::string suggested_plugin_name(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool word = is_lower(c) || is_upper(c) || is_digit(c);
    // A capital begins a word unless it stands in the middle of an abbreviation: KVHeadroom is kv-headroom.
    const bool after_lower = i > 0 && (is_lower(name[i - 1]) || is_digit(name[i - 1]));
    const bool ends_capitals = i > 0 && is_upper(name[i - 1]) && i + 1 < name.size() && is_lower(name[i + 1]);
    const bool begins = !word || (is_upper(c) && (after_lower || ends_capitals));
    if (begins && !out.empty() && out.back() != '-') out += '-';
    if (!word || (out.empty() && is_digit(c))) continue;
    out += is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  }
  out.resize(std::min(out.size(), kLongestName));
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out;
}

std::string library_name(std::string_view type) {
  std::string out(type);
  std::ranges::replace(out, '-', '_');
  return out;
}

Scaffold render_scaffold(const ScaffoldOrder& order) {
  const std::string library = library_name(order.type);
  const Toolchain toolchain =
      order.language == "rust" ? cargo_toolchain(library) : cmake_toolchain(order.language, library);
  const std::string validate = "shunt plugin validate build/" + library + ".so";
  const std::string run = run_command(order.kind);
  const Replacements replacements{
      {"@type@", order.type},
      {"@Class@", class_name(order.type)},
      {"@library@", library},
      {"@source@", toolchain.source},
      {"@test@", toolchain.test},
      {"@needs@", toolchain.needs},
      {"@output@", "build"},
      {"@build@", toolchain.build},
      {"@validate@", validate},
      {"@run@", run},
      {"@crate@", compact_json(boost::json::string(order.crate))},  // a string of JSON is one of TOML
      {"@generated", "@generated"}};                                // cargo's own word in lock files
  Scaffold scaffold;
  for (const EmbeddedTemplate& one : embedded_templates()) {
    for (const std::string& set : toolchain.sets) {
      for (const std::string& folder : {set + "/any/", set + "/" + order.kind + "/"}) {
        if (!one.path.starts_with(folder)) continue;
        scaffold.files.push_back(
            {file_name(one.path.substr(folder.size()), library), filled_in(one.text, replacements)});
      }
    }
  }
  std::ranges::sort(scaffold.files, {}, &ScaffoldFile::path);
  const std::string enter = order.folder == "." ? "" : "cd " + process::shell_path(order.folder) + " && ";
  scaffold.commands = {enter + toolchain.build, validate, run};
  return scaffold;
}

}  // namespace shunt::host
