// SPDX-License-Identifier: Apache-2.0
// `shunt plugin new`: the files of a plugin that builds, passes its test and decides as it is.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <filesystem>
#include <optional>
#include <shunt/framework/audit.hpp>
#include <shunt/framework/library_search.hpp>

#include "commands.hpp"
#include "field_reader.hpp"
#include "json_text.hpp"
#include "plugin_scaffold.hpp"
#include "process/shell_word.hpp"
#include "rust_crate.hpp"
#include "scaffold_writer.hpp"

namespace shunt::host {

namespace {

// The library on the plugin path that has a plugin of this type: a config that sees both would be refused.
std::optional<std::filesystem::path> library_with(const std::string& type, const PluginPath& path) {
  const auto files = find_libraries(path.directories());
  if (!files) return std::nullopt;
  for (const std::filesystem::path& file : *files) {
    const auto report = audit_library(file);
    if (!report || !report->manifest) continue;
    if (std::ranges::find(report->manifest->plugins, type, &PluginDescription::type) != report->manifest->plugins.end())
      return file;
  }
  return std::nullopt;
}

// The same command with another name.
std::string instead(const PluginNewArguments& arguments, const std::string& name) {
  std::string out = "run: shunt plugin new " + arguments.kind + " " + name + " --lang " + arguments.language;
  if (!arguments.folder.empty()) out += " --dir " + process::shell_path(arguments.folder);
  if (!arguments.crate.empty()) out += " --crate " + process::shell_path(arguments.crate);
  return out;
}

bool is_good_name(const PluginNewArguments& arguments, const Surroundings& surroundings) {
  Console& console = surroundings.console;
  if (std::string problem = problem_of_plugin_name(arguments.name); !problem.empty()) {
    const std::string better = suggested_plugin_name(arguments.name);
    std::vector<std::string> advice;
    if (!better.empty()) {
      problem += "; did you mean " + in_quotes(better) + "?";
      advice.push_back(instead(arguments, better));
    }
    console.error("E321", problem, "", advice);
    return false;
  }
  if (const auto library = library_with(arguments.name, surroundings.plugin_path)) {
    console.error("E322",
                  "there is a plugin of the type " + in_quotes(arguments.name) + " already, in " + library->string(),
                  library->string(), {instead(arguments, "my-" + arguments.name)});
    return false;
  }
  return true;
}

void print(const Scaffold& scaffold, const std::string& folder, OutputFormat format, Console& console) {
  if (format != OutputFormat::Text) {
    boost::json::array files;
    for (const ScaffoldFile& file : scaffold.files) files.emplace_back(file.path);
    const boost::json::object all{{"schema", 1},
                                  {"folder", folder},
                                  {"files", std::move(files)},
                                  {"commands", boost::json::array(scaffold.commands.begin(), scaffold.commands.end())}};
    console.write(format == OutputFormat::Json ? pretty_json(all) : compact_json(all) + "\n");
    return;
  }
  console.line("wrote " + folder);
  for (const ScaffoldFile& file : scaffold.files) console.line("  " + file.path);
  console.line("\nbuild and test it, validate it, see it decide:");
  for (const std::string& command : scaffold.commands) console.line("  " + command);
}

}  // namespace

ExitCode run_plugin_new(const PluginNewArguments& arguments, Surroundings& surroundings) {
  Console& console = surroundings.console;
  if (!is_good_name(arguments, surroundings)) return ExitCode::Usage;
  const std::string folder = arguments.folder.empty() ? library_name(arguments.name) : arguments.folder;
  std::string crate;
  if (arguments.language == "rust") {
    auto found = find_rust_crate(arguments.crate, folder);
    if (!found) {
      console.error(
          found.error().code, found.error().message, arguments.crate,
          {"install the SDK: the package shunt-sdk-dev, or in a build of shunt: cmake --install . --component sdk",
           "or name the folder of the crate with --crate"});
      return ExitCode::Failed;
    }
    crate = std::move(*found);
  }
  const Scaffold scaffold = render_scaffold({arguments.kind, arguments.name, arguments.language, folder, crate});
  if (const auto there = files_in_the_way(folder, scaffold.files); !there.empty()) {
    std::vector<std::string> advice = there;
    advice.push_back("remove them, or name another folder with --dir");
    console.error("E323", "nothing was written, because these files exist already:", folder, advice);
    return ExitCode::Failed;
  }
  if (const auto written = write_scaffold(folder, scaffold.files); !written) {
    console.error(written.error().code, written.error().message, folder);
    return ExitCode::Failed;
  }
  print(scaffold, folder, arguments.format, console);
  return ExitCode::Ok;
}

}  // namespace shunt::host
