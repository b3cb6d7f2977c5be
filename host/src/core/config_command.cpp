// SPDX-License-Identifier: Apache-2.0
// `shunt config check|print|schema`.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string_view>

#include "commands.hpp"
#include "json_text.hpp"
#include "schedule_inputs.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

struct Origin {
  std::string pointer;  // in the printed config
  std::string why;
};

// Which parts of the printed config nobody wrote.
std::vector<Origin> injected_parts(const Config& config) {
  std::vector<Origin> origins;
  for (std::size_t i = 0; i < config.plugins.size(); ++i) {
    const PluginConfig& plugin = config.plugins[i];
    const std::string pointer = "/plugins/" + std::to_string(i);
    if (plugin.injected) origins.push_back({pointer, plugin.why.empty() ? "a default" : plugin.why});
  }
  for (std::size_t i = 0; i < config.profiles.size(); ++i) {
    const ProfileConfig& profile = config.profiles[i];
    const std::string pointer = "/schedulingProfiles/" + std::to_string(i);
    if (profile.injected) {
      origins.push_back({pointer, "because the config has no profile"});
      continue;
    }
    for (std::size_t j = 0; j < profile.plugins.size(); ++j) {
      if (profile.plugins[j].injected) origins.push_back({pointer + "/plugins/" + std::to_string(j), "a default"});
    }
  }
  return origins;
}

// The config again, each injected part on a line of its own behind a comment: still a config that can be read.
std::string print_with_comments(const json::value& config, const std::vector<Origin>& origins) {
  const auto find = [&](const std::string& pointer) { return std::ranges::find(origins, pointer, &Origin::pointer); };
  const auto comment = [&](const std::string& pointer, std::string_view margin) {
    const auto origin = find(pointer);
    return origin == origins.end() ? std::string() : std::string(margin) + "// injected: " + origin->why + "\n";
  };
  std::string out = "{\n";
  const char* separator = "";
  for (const auto& member : config.as_object()) {
    out.append(separator).append("  ").append(compact_json(json::value(member.key()))).append(": ");
    separator = ",\n";
    const bool has_parts = member.key() == "plugins" || member.key() == "schedulingProfiles";
    if (!has_parts) {
      out += pretty_json_part(member.value(), 2);
      continue;
    }
    out += "[\n";
    const json::array& parts = member.value().as_array();
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const std::string pointer = "/" + std::string(member.key()) + "/" + std::to_string(i);
      const json::value* references = parts[i].as_object().if_contains("plugins");
      out += comment(pointer, "    ");
      if (references == nullptr) {
        out += "    " + pretty_json_part(parts[i], 4);
      } else {
        out += "    { \"name\": " + compact_json(parts[i].at("name"));
        if (const json::value* shadow = parts[i].as_object().if_contains("shadow")) {
          out += ", \"shadow\": " + compact_json(*shadow);
        }
        out += ", \"plugins\": [\n";
        const json::array& list = references->as_array();
        for (std::size_t j = 0; j < list.size(); ++j) {
          out += comment(pointer + "/plugins/" + std::to_string(j), "      ");
          out += "      " + pretty_json_part(list[j], 6) + (j + 1 < list.size() ? ",\n" : "\n");
        }
        out += "    ] }";
      }
      out += i + 1 < parts.size() ? ",\n" : "\n";
    }
    out += "  ]";
  }
  return out + "\n}\n";
}

void print(const ConfigArguments& arguments, const Config& config, Console& console) {
  const json::value effective = effective_config(config);
  if (!arguments.origin) {
    console.write(arguments.format == OutputFormat::Jsonl ? compact_json(effective) + "\n" : pretty_json(effective));
    return;
  }
  const std::vector<Origin> origins = injected_parts(config);
  if (arguments.format == OutputFormat::Text) {
    console.write(print_with_comments(effective, origins));
    return;
  }
  json::array injected;
  for (const Origin& origin : origins)
    injected.push_back(json::object{{"pointer", origin.pointer}, {"why", origin.why}});
  console.write(pretty_json(json::object{{"schema", 1}, {"config", effective}, {"injected", std::move(injected)}}));
}

ExitCode check(const ConfigArguments& arguments, const std::string& file, const Diagnostics& diagnostics,
               Console& console) {
  const ExitCode code = exit_code_of(diagnostics);
  if (arguments.format == OutputFormat::Text) {
    console.report(diagnostics, diagnostics.has_errors() ? "the config cannot be used" : "");
    if (diagnostics.empty()) console.line(file + ": no problems");
    return code;
  }
  json::array errors;
  json::array warnings;
  for (const json::value& value : to_json(diagnostics)) {
    (value.at("severity") == "error" ? errors : warnings).push_back(value);
  }
  const json::object out{
      {"schema", 1}, {"file", file}, {"ok", code == ExitCode::Ok}, {"errors", errors}, {"warnings", warnings}};
  console.line(compact_json(out));
  return code;
}

}  // namespace

ExitCode run_config(const ConfigArguments& arguments, Surroundings& surroundings) {
  Console& console = surroundings.console;
  if (arguments.action == ConfigArguments::Action::Schema) {
    console.write(config_json_schema());
    return ExitCode::Ok;
  }
  Workspace workspace(surroundings.plugin_path);
  Diagnostics diagnostics;
  auto text = arguments.config.empty() ? std::optional(NamedText{"<default config>", "", "."})
                                       : read_named_config(arguments.config, surroundings.input, diagnostics);
  const std::string file = text ? text->name : arguments.config;
  if (text) {
    workspace.open(text->name, std::move(text->text), text->folder);
    workspace.build();
    diagnostics.merge(std::exchange(workspace.diagnostics(), {}));
    diagnostics.sort();
  }
  if (arguments.action == ConfigArguments::Action::Check) return check(arguments, file, diagnostics, console);
  console.report(diagnostics, diagnostics.has_errors() ? "nothing was printed" : "");
  if (diagnostics.has_errors()) return exit_code_of(diagnostics);
  const Config& config = workspace.generation()->config();
  if (arguments.action == ConfigArguments::Action::Migrate)
    console.write(pretty_json(written_config(config)));
  else
    print(arguments, config, console);
  return exit_code_of(diagnostics);
}

}  // namespace shunt::host
