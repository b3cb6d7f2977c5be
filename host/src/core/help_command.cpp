// SPDX-License-Identifier: Apache-2.0
#include "help_command.hpp"

#include <algorithm>
#include <array>
#include <shunt/framework/build_error_codes.hpp>
#include <shunt/framework/error_codes.hpp>
#include <shunt/framework/plugin_error_codes.hpp>
#include <shunt/framework/suggest.hpp>
#include <utility>

#include "commands.hpp"
#include "field_reader.hpp"
#include "input_error_codes.hpp"

namespace shunt::host {

namespace {

constexpr std::size_t kWidth = 100;

// Words onto lines, behind a margin.
std::string wrapped(std::string_view text, std::size_t margin) {
  std::string out;
  std::string line;
  const auto flush = [&] {
    if (!line.empty()) out += std::string(margin, ' ') + line + "\n";
    line.clear();
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (!line.empty() && margin + line.size() + 1 + word.size() > kWidth) flush();
    if (!word.empty()) line.append(line.empty() ? "" : " ").append(word);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  flush();
  return out;
}

std::string flag_names(const OptionInfo& option) {
  std::string out;
  for (const std::string& name : option.names) out.append(out.empty() ? "" : ", ").append(name);
  if (!option.value.empty()) out += (out.empty() ? "" : " ") + option.value;
  return out;
}

std::string column(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::size_t width = 0;
  for (const auto& [name, text] : rows) width = std::max(width, name.size());
  std::string out;
  for (const auto& [name, text] : rows) {
    std::string described = wrapped(text, width + 4);
    if (described.empty()) described = std::string(width + 4, ' ') + "\n";
    described.replace(2, name.size(), name);
    out += described;
  }
  return out;
}

std::string indented(std::string_view lines) {
  std::string out;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    out.append("  ").append(lines.substr(0, end)).append("\n");
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return out;
}

struct CodePage {
  std::string_view code;
  std::string_view title;
  std::string_view explanation;
};

std::vector<CodePage> all_codes() {
  std::vector<CodePage> pages;
  for (const std::span<const ErrorCodeInfo> codes : {config_error_codes(), build_error_codes(), input_error_codes()}) {
    for (const ErrorCodeInfo& info : codes) pages.push_back({info.code, info.title, info.explanation});
  }
  for (const PluginErrorCode& info : plugin_error_codes()) pages.push_back({info.code, info.title, info.explanation});
  std::ranges::sort(pages, {}, &CodePage::code);
  return pages;
}

constexpr std::array kTopics = {
    HelpTopic{"exit-codes", "What the exit status says",
              "0 ok\n1 the operation failed, for example because a file could not be written\n"
              "2 the command line is wrong\n3 the config or an input file is wrong\n"
              "4 a library could not be loaded or does not fit this program\n5 a check has findings\n"
              "70 a defect of the program\nWhere both 3 and 4 apply it is 3."},
    HelpTopic{"plugin-path", "Where libraries are looked for",
              "In this order:\n  the folders in SHUNT_PLUGIN_PATH, separated by colons\n"
              "  pluginDirs of the config; relative ones count from the folder of the config\n"
              "  the plugin folder that belongs to this program, of its installation or its build tree\n"
              "A name in an earlier folder hides the same name in a later one."},
    HelpTopic{"files", "The files that the offline commands read",
              "config     JSON with comments, or YAML; shunt config schema prints its schema\n"
              "endpoints  JSON with comments, or YAML: who there is and what is known about each\n"
              "requests   one JSON object a line, a list in JSON or YAML, a Mooncake trace (JSONL),\n"
              "           or an Azure LLM inference trace (CSV)\n"
              "bundle     JSON: one decision with all that it depended on"},
    HelpTopic{"environment", "Environment variables",
              "SHUNT_PLUGIN_PATH  folders with libraries, separated by colons\n"
              "NO_COLOR           any value: no colour unless --color=always\n"
              "XDG_RUNTIME_DIR    where private copies of libraries are kept while the program runs"},
    HelpTopic{"errors", "All error codes", ""},
};

std::string topic_page(const HelpTopic& topic) {
  std::string out = std::string(topic.title) + "\n\n";
  if (topic.name != "errors") return out + indented(topic.text);
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& [code, title] : error_code_titles()) rows.emplace_back(code, title);
  return out + column(rows) + "\nshunt help CODE explains one of them.\n";
}

}  // namespace

std::string command_help(const CommandInfo& command, const std::vector<std::string>& path) {
  std::string name = "shunt";
  for (const std::string& word : path) name += " " + word;
  std::string out =
      name + ": " + command.description + "\n\nExamples\n" + indented(command.examples) + "\nUsage\n  " + name;
  std::vector<std::pair<std::string, std::string>> flags;
  std::vector<std::pair<std::string, std::string>> positionals;
  for (const OptionInfo& option : command.options) {
    std::string text = option.description;
    if (!option.choices.empty()) {
      text += " (";
      for (std::size_t i = 0; i < option.choices.size(); ++i) text.append(i == 0 ? "" : ", ").append(option.choices[i]);
      text += ")";
    }
    (option.names.empty() ? positionals : flags).emplace_back(flag_names(option), text);
  }
  for (const OptionInfo& option : command.options) {
    if (option.names.empty()) out += option.repeated ? " [" + option.value + "...]" : " " + option.value;
  }
  out += command.commands.empty() ? " [flags]\n" : " COMMAND\n";
  std::vector<std::pair<std::string, std::string>> commands;
  for (const CommandInfo& below : command.commands) commands.emplace_back(below.name, below.description);
  if (!commands.empty()) out += "\nCommands\n" + column(commands);
  if (!positionals.empty()) out += "\nArguments\n" + column(positionals);
  out += "\nFlags\n" + column(flags);
  if (path.empty()) {
    std::vector<std::pair<std::string, std::string>> topics;
    for (const HelpTopic& topic : kTopics) topics.emplace_back(topic.name, topic.title);
    out += "\nTopics of shunt help\n" + column(topics);
  }
  return out;
}

std::span<const HelpTopic> help_topics() { return kTopics; }

std::optional<std::string> error_code_page(std::string_view code) {
  std::string upper(code);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  for (const CodePage& page : all_codes()) {
    if (page.code == upper) return upper + ": " + std::string(page.title) + "\n\n" + wrapped(page.explanation, 2);
  }
  return std::nullopt;
}

std::vector<std::pair<std::string_view, std::string_view>> error_code_titles() {
  std::vector<std::pair<std::string_view, std::string_view>> titles;
  for (const CodePage& page : all_codes()) titles.emplace_back(page.code, page.title);
  return titles;
}

ExitCode run_help(const HelpArguments& arguments, Surroundings& surroundings) {
  Console& console = surroundings.console;
  const std::vector<std::string>& words = arguments.words;
  const CommandInfo* command = &command_table();
  for (const std::string& word : words) {
    const CommandInfo* next = command->find(word);
    if (next == nullptr) {
      command = nullptr;
      break;
    }
    command = next;
  }
  if (command != nullptr) {
    console.write(command_help(*command, words));
    return ExitCode::Ok;
  }
  if (words.size() == 1) {
    if (const auto page = error_code_page(words.front())) {
      console.write(*page);
      return ExitCode::Ok;
    }
    const auto topic = std::ranges::find(kTopics, words.front(), &HelpTopic::name);
    if (topic != kTopics.end()) {
      console.write(topic_page(*topic));
      return ExitCode::Ok;
    }
  }
  std::vector<std::string> known;
  for (const HelpTopic& topic : kTopics) known.emplace_back(topic.name);
  for (const CommandInfo& below : command_table().commands) known.push_back(below.name);
  for (const auto& [code, title] : error_code_titles()) known.emplace_back(code);
  std::string asked;
  for (const std::string& word : words) asked.append(asked.empty() ? "" : " ").append(word);
  const auto close = suggest(asked, known);
  std::vector<std::string> advice;
  if (close) advice.push_back("run: shunt help " + *close);
  advice.emplace_back("shunt help lists what there is");
  console.error("", "there is no help about " + in_quotes(asked) + (close ? "; " + did_you_mean(*close) : ""), "",
                advice);
  return ExitCode::Usage;
}

}  // namespace shunt::host
