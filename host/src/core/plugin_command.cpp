// SPDX-License-Identifier: Apache-2.0
// `shunt plugin list|inspect|audit`: what can be said about libraries without running any of their code.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <shunt/framework/audit.hpp>
#include <shunt/framework/library_search.hpp>
#include <string_view>

#include "commands.hpp"
#include "json_text.hpp"
#include "schedule_inputs.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

// A config matters here for its folders alone, so the rest of it may be wrong.
std::optional<PluginPath> plugin_path_of(const PluginArguments& arguments, Surroundings& surroundings,
                                         Diagnostics& diagnostics) {
  PluginPath path = surroundings.plugin_path;
  if (arguments.config.empty()) return path;
  auto text = read_named_config(arguments.config, surroundings.input, diagnostics);
  const auto document =
      text ? Document::parse(text->name, std::move(text->text), DocumentFormat::Detect, diagnostics) : std::nullopt;
  const auto config = document ? read_config(std::make_shared<const Document>(*document), diagnostics) : std::nullopt;
  if (!config) return std::nullopt;
  path.add_config_directories(config->plugin_dirs, text->folder);
  return path;
}

// The file was read, and is not what a plugin library is: to audit that is what audit is for.
bool is_finding(const Error& error) { return error.code.starts_with("P12"); }

AuditReport report_of(const std::filesystem::path& file, const Error& error) {
  AuditReport report;
  report.path = file;
  AuditFinding& finding = report.findings.emplace_back();
  finding.severity = FindingSeverity::Error;
  finding.rule = "elf";
  finding.code = error.code;
  // Errors begin with the path in quotes; a report names the file once.
  const std::size_t end = error.message.find("\" ");
  const bool has_path = error.message.starts_with('"') && end != std::string::npos;
  finding.text = has_path ? error.message.substr(end + 2) : error.message;
  return report;
}

// Given names: a file as it is, else a name on the plugin path. None given: everything on the plugin path. Complains about
// every one that is not there.
std::optional<std::vector<std::filesystem::path>> files_of(const PluginArguments& arguments, const PluginPath& path,
                                                           Console& console) {
  if (arguments.files.empty()) {
    auto all = find_libraries(path.directories());
    if (all) return *std::move(all);
    console.error(all.error().code, all.error().message);
    return std::nullopt;
  }
  std::vector<std::filesystem::path> files;
  for (const std::string& name : arguments.files) {
    std::error_code ignored;
    const bool has_folder = name.find('/') != std::string::npos;
    if (has_folder || std::filesystem::exists(name, ignored)) {
      files.emplace_back(name);
      continue;
    }
    auto found = resolve_library(name, path.directories());
    if (found) {
      files.push_back(*found);
    } else {
      console.error(found.error().code, found.error().message, name);
    }
  }
  if (files.size() < arguments.files.size()) return std::nullopt;
  return files;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out.append(out.empty() ? "" : ", ").append(word);
  return out;
}

std::string abi_of(const Manifest& manifest) { return to_string(AbiVersion{manifest.abi_major, manifest.abi_minor}); }

std::vector<std::string> flags_of(const PluginDescription& plugin) {
  if (plugin.single_instance) return {"single-instance"};
  return {};
}

json::object plugin_object(const PluginDescription& plugin) {
  const std::vector<std::string> flags = flags_of(plugin);
  boost::system::error_code ignored;
  json::value schema = json::parse(plugin.parameters_schema, ignored);
  return {{"type", plugin.type},
          {"version", plugin.version},
          {"summary", plugin.summary},
          {"stability", plugin.stability},
          {"interfaces", json::array(plugin.interfaces.begin(), plugin.interfaces.end())},
          {"flags", json::array(flags.begin(), flags.end())},
          {"reads", json::array(plugin.reads.begin(), plugin.reads.end())},
          {"writes", json::array(plugin.writes.begin(), plugin.writes.end())},
          {"defaultProducerOf", json::array(plugin.default_producer_of.begin(), plugin.default_producer_of.end())},
          {"parameters", std::move(schema)}};
}

json::array findings_array(const AuditReport& report) {
  json::array out;
  for (const AuditFinding& finding : report.findings) {
    json::object entry{{"severity", to_string(finding.severity)}, {"rule", finding.rule}, {"text", finding.text}};
    if (!finding.advice.empty()) entry["advice"] = finding.advice;
    if (!finding.code.empty()) entry["code"] = finding.code;
    out.push_back(std::move(entry));
  }
  return out;
}

json::object report_object(const AuditReport& report) {
  json::object out{{"file", report.path.string()},
                   {"size", report.size},
                   {"sha256", report.sha256},
                   {"buildId", report.elf.build_id},
                   {"machine", elf_machine_name(report.elf.machine)}};
  if (report.manifest) {
    const Manifest& manifest = *report.manifest;
    json::array plugins;
    for (const PluginDescription& plugin : manifest.plugins) plugins.push_back(plugin_object(plugin));
    out["library"] = json::object{{"name", manifest.name}, {"version", manifest.version}};
    out["abi"] = json::object{{"major", manifest.abi_major},
                              {"minor", manifest.abi_minor},
                              {"minMinor", manifest.abi_min_minor},
                              {"text", abi_of(manifest)}};
    out["plugins"] = std::move(plugins);
  }
  json::array exports;
  for (const ElfSymbol& symbol : report.elf.exports) exports.emplace_back(symbol.name);
  out["exports"] = std::move(exports);
  out["needed"] = json::array(report.elf.needed.begin(), report.elf.needed.end());
  out["findings"] = findings_array(report);
  return out;
}

std::string finding_text(const AuditFinding& finding) {
  std::string out = "  " + std::string(to_string(finding.severity));
  if (!finding.code.empty()) out += "[" + finding.code + "]";
  out += " " + finding.rule + ": " + finding.text + "\n";
  if (!finding.advice.empty()) out += "    advice: " + finding.advice + "\n";
  return out;
}

std::string inspect_text(const AuditReport& report) {
  std::string out = report.path.string() + "\n";
  const auto fact = [&](std::string_view name, std::string_view value) {
    out.append("  ").append(name).append(name.size() < 10 ? 10 - name.size() : 0, ' ').append(" ");
    out.append(value.empty() ? "none" : value).append("\n");
  };
  if (report.manifest) {
    fact("library", report.manifest->name + " " + report.manifest->version);
    fact("abi", abi_of(*report.manifest));
  }
  fact("size", std::to_string(report.size) + " bytes");
  fact("sha256", report.sha256);
  fact("build id", report.elf.build_id);
  fact("machine", elf_machine_name(report.elf.machine));
  std::vector<std::string> exports;
  for (const ElfSymbol& symbol : report.elf.exports) exports.push_back(symbol.name);
  fact("exports", joined(exports));
  fact("needed", joined(report.elf.needed));
  if (report.manifest) {
    for (const PluginDescription& plugin : report.manifest->plugins) {
      out += "\nplugin " + plugin.type + " " + plugin.version + " (" + plugin.stability + ")\n";
      fact("summary", plugin.summary);
      fact("interfaces", joined(plugin.interfaces));
      if (const auto flags = flags_of(plugin); !flags.empty()) fact("flags", joined(flags));
      if (!plugin.reads.empty()) fact("reads", joined(plugin.reads));
      if (!plugin.writes.empty()) fact("writes", joined(plugin.writes));
      if (!plugin.default_producer_of.empty()) fact("default of", joined(plugin.default_producer_of));
      fact("parameters", plugin.parameters_schema);
    }
  }
  if (!report.findings.empty()) out += "\nfindings\n";
  for (const AuditFinding& finding : report.findings) out += finding_text(finding);
  return out;
}

// Rows of texts as columns of equal width.
std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size()) out.append(widths[i] - row[i].size() + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

void list(const std::vector<AuditReport>& reports, OutputFormat format, Console& console) {
  std::vector<std::vector<std::string>> rows{{"TYPE", "VERSION", "ABI", "STABILITY", "INTERFACES", "FILE"}};
  json::array plugins;
  for (const AuditReport& report : reports) {
    if (!report.manifest) continue;
    for (const PluginDescription& plugin : report.manifest->plugins) {
      rows.push_back({plugin.type, plugin.version, abi_of(*report.manifest), plugin.stability,
                      joined(plugin.interfaces), report.path.string()});
      json::object entry = plugin_object(plugin);
      entry.erase("parameters");
      entry["abi"] = abi_of(*report.manifest);
      entry["file"] = report.path.string();
      entry["sha256"] = report.sha256;
      plugins.push_back(std::move(entry));
    }
  }
  if (format == OutputFormat::Text) {
    std::ranges::sort(rows.begin() + 1, rows.end());
    console.write(table(rows));
  } else if (format == OutputFormat::Jsonl) {
    for (const json::value& plugin : plugins) console.line(compact_json(plugin));
  } else {
    console.write(pretty_json(json::object{{"schema", 1}, {"plugins", std::move(plugins)}}));
  }
}

void print_reports(const std::vector<AuditReport>& reports, PluginArguments::Action action, OutputFormat format,
                   Console& console) {
  const bool inspect = action == PluginArguments::Action::Inspect;
  if (format == OutputFormat::Text) {
    for (std::size_t i = 0; i < reports.size(); ++i) {
      if (inspect) {
        console.write((i == 0 ? "" : "\n") + inspect_text(reports[i]));
        continue;
      }
      console.line(reports[i].path.string() + (reports[i].findings.empty() ? ": no findings" : ":"));
      for (const AuditFinding& finding : reports[i].findings) console.write(finding_text(finding));
    }
    return;
  }
  json::array libraries;
  for (const AuditReport& report : reports) {
    json::object entry = report_object(report);
    if (!inspect) {
      entry =
          json::object{{"file", report.path.string()}, {"sha256", report.sha256}, {"findings", findings_array(report)}};
    }
    if (format == OutputFormat::Jsonl) {
      console.line(compact_json(entry));
    } else {
      libraries.push_back(std::move(entry));
    }
  }
  if (format == OutputFormat::Json)
    console.write(pretty_json(json::object{{"schema", 1}, {"libraries", std::move(libraries)}}));
}

bool has_findings(const std::vector<AuditReport>& reports, bool strict) {
  return std::ranges::any_of(reports, [&](const AuditReport& report) {
    return report.has_errors() || (strict && std::ranges::any_of(report.findings, [](const AuditFinding& finding) {
                                     return finding.severity == FindingSeverity::Warning;
                                   }));
  });
}

}  // namespace

ExitCode run_plugin(const PluginArguments& arguments, Surroundings& surroundings) {
  Console& console = surroundings.console;
  Diagnostics diagnostics;
  const auto path = plugin_path_of(arguments, surroundings, diagnostics);
  if (!path) {
    console.report(diagnostics, "no library was looked at");
    return ExitCode::InvalidInput;
  }
  const auto files = files_of(arguments, *path, console);
  if (!files) return ExitCode::PluginError;
  if (files->empty()) console.message("no libraries were found; " + path->describe());
  std::vector<AuditReport> reports;
  bool unreadable = false;
  for (const std::filesystem::path& file : *files) {
    auto report = audit_library(file);
    if (report) {
      if (!report->manifest && arguments.action == PluginArguments::Action::List) {
        const AuditFinding* finding = report->find("manifest");
        console.error(finding != nullptr ? finding->code : "",
                      file.string() + ": " + (finding != nullptr ? finding->text : "it has no manifest"),
                      file.string());
        unreadable = true;
      }
      reports.push_back(std::move(*report));
      continue;
    }
    if (arguments.action == PluginArguments::Action::Audit && is_finding(report.error())) {
      reports.push_back(report_of(file, report.error()));
      continue;
    }
    console.error(report.error().code, report.error().message, file.string());
    unreadable = true;
  }
  if (arguments.action == PluginArguments::Action::List) {
    list(reports, arguments.format, console);
  } else {
    print_reports(reports, arguments.action, arguments.format, console);
  }
  if (unreadable) return ExitCode::PluginError;
  const bool audit = arguments.action == PluginArguments::Action::Audit;
  return audit && has_findings(reports, arguments.strict) ? ExitCode::Findings : ExitCode::Ok;
}

}  // namespace shunt::host
