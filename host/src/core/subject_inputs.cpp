// SPDX-License-Identifier: Apache-2.0
#include "subject_inputs.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <shunt/framework/library_search.hpp>
#include <shunt/framework/parameters.hpp>
#include <shunt/framework/suggest.hpp>
#include <vector>

#include "file_io.hpp"

namespace shunt::host {

namespace json = boost::json;

bool read_parameters(SubjectArguments& arguments, std::optional<Document>& parameters, Console& console) {
  const bool from_file = !arguments.parameters_file.empty();
  if (from_file) {
    auto text = read_file(arguments.parameters_file);
    if (!text) {
      console.error(text.error().code, text.error().message, arguments.parameters_file);
      return false;
    }
    arguments.parameters = *text;
  }
  if (arguments.parameters.empty() && !from_file) return true;
  Diagnostics problems;
  parameters = Document::parse(from_file ? arguments.parameters_file : "--parameters", arguments.parameters,
                               DocumentFormat::Json, problems);
  if (problems.has_errors()) {
    console.report(problems, "nothing was run");
    return false;
  }
  if (!parameters->root().is_object()) {
    console.error("", "the parameters are no JSON object", "", {"write them as in a config: {\"limit\": 2}"});
    return false;
  }
  arguments.parameters = json::serialize(parameters->root());
  return true;
}

std::optional<std::filesystem::path> find_library(const std::string& name, const PluginPath& path, Console& console) {
  std::error_code ignored;
  if (name.find('/') != std::string::npos || std::filesystem::exists(name, ignored)) return name;
  auto found = resolve_library(name, path.directories());
  if (found) return *found;
  console.error(found.error().code, found.error().message, name);
  return std::nullopt;
}

bool check_type(const SubjectArguments& arguments, const std::filesystem::path& file, const AuditReport& audit,
                Console& console) {
  if (arguments.type.empty() || !audit.manifest) return true;
  std::vector<std::string> types;
  for (const PluginDescription& plugin : audit.manifest->plugins) types.push_back(plugin.type);
  if (std::ranges::find(types, arguments.type) != types.end()) return true;
  const auto close = suggest(arguments.type, types);
  console.error("",
                file.string() + " has no plugin type \"" + arguments.type + "\"" +
                    (close ? "; did you mean \"" + *close + "\"?" : ""),
                file.string());
  return false;
}

bool check_parameters(const SubjectArguments& arguments, const std::optional<Document>& parameters,
                      const AuditReport& audit, Console& console) {
  if (!parameters || !audit.manifest) return true;
  Diagnostics problems;
  for (const PluginDescription& plugin : audit.manifest->plugins) {
    if (!arguments.type.empty() && plugin.type != arguments.type) continue;
    const auto schema = check_schema(plugin.parameters_schema);
    if (!schema) continue;  // a finding about the library, which its cases tell
    ParametersPlace place;
    place.document = &*parameters;
    place.owner = "plugin type \"" + plugin.type + "\"";
    schema->check(parameters->root(), place, problems);
  }
  if (problems.has_errors()) console.report(problems, "nothing was run");
  return !problems.has_errors();
}

}  // namespace shunt::host
