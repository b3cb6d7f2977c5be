// SPDX-License-Identifier: Apache-2.0
// command_tree.hpp: the tree of commands while it is being built. Only the files that add commands include it, and with it
// CLI11, whose messages and exit codes stay inside them.
//
//   void add_version_command(CommandTree& tree) {
//     CLI::App& app = tree.add_command(tree.root(), "version", "Print the version", "shunt version -o json");
//     tree.add_format(app, "text", {"text", "json", "jsonl"});
//     tree.finish(app, [&tree]() -> Finished { return VersionArguments{tree.format(OutputFormat::Text)}; });
//   }
#pragma once

#include <CLI/CLI.hpp>
#include <charconv>
#include <concepts>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "command_line.hpp"
#include "field_reader.hpp"

namespace shunt::host {

// What a command makes of its words.
using Finished = std::variant<Command, UsageError>;

class CommandTree {
 public:
  CommandTree();
  CommandTree(const CommandTree&) = delete;
  CommandTree& operator=(const CommandTree&) = delete;

  CLI::App& root() { return app_; }
  // `examples`: complete lines.
  CLI::App& add_command(CLI::App& parent, const std::string& name, const std::string& description,
                        const std::string& examples);
  // Called once the words were parsed, where they named this command.
  void finish(CLI::App& command, std::function<Finished()> make) { finishers_[&command] = std::move(make); }
  // Memory that the words are parsed into; lives as long as the tree.
  template <class Target>
  Target& target() {
    auto made = std::make_shared<Target>();
    targets_.push_back(made);
    return *made;
  }

  // Of a flag that is given twice the last one counts.
  CLI::Option* add_text(CLI::App& app, const std::string& names, std::string& target, const std::string& value,
                        const std::string& description);
  void add_switch(CLI::App& app, const std::string& names, bool& target, const std::string& description);
  void add_choice(CLI::App& app, const std::string& names, std::string& target, const std::string& description,
                  const std::vector<std::string>& choices);
  // An argument without a flag, one of some words.
  void add_positional_choice(CLI::App& app, const std::string& name, std::string& target, const std::string& value,
                             const std::string& description, const std::vector<std::string>& choices);
  template <std::integral Number>
  CLI::Option* add_number(CLI::App& app, const std::string& name, Number& target, const std::string& description) {
    return app.add_option(name, target, description)
        ->type_name("N")
        ->check(number_check<Number>("a whole number, 0 or more"));
  }
  CLI::Option* add_milliseconds(CLI::App& app, const std::string& name, double& target, const std::string& description);
  void add_config_file(CLI::App& app, std::string& target, const std::string& description);
  void add_format(CLI::App& app, const std::string& standard, const std::vector<std::string>& choices);
  // Words that are shown and completed; the command checks them itself.
  void show_choices(const CLI::Option* option, const std::vector<std::string>& choices) { choices_[option] = choices; }

  // What -o said.
  OutputFormat format(OutputFormat standard) const;
  const std::string& format_word() const { return format_; }

  CommandInfo describe() const { return describe(app_); }
  // Of the command with this path, after parsing.
  std::variant<Arguments, UsageError> collect(const std::vector<std::string>& path);

 private:
  template <class Number>
  static CLI::Validator number_check(std::string what) {
    return CLI::Validator(
        [what](std::string& text) {
          Number value{};
          const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
          bool good = result.ec == std::errc{} && result.ptr == text.data() + text.size();
          if constexpr (std::is_floating_point_v<Number>) good = good && to_nanoseconds(value).has_value();
          return good ? std::string() : in_quotes(text) + " is not " + what;
        },
        "");
  }
  void add_common(CLI::App& app);
  void allow_only(CLI::Option* option, const std::vector<std::string>& choices);
  CommandInfo describe(const CLI::App& app) const;

  CLI::App app_;
  std::vector<std::shared_ptr<void>> targets_;
  std::map<const CLI::App*, std::function<Finished()>> finishers_;
  std::map<const CLI::Option*, std::vector<std::string>> choices_;
  std::string format_;
  std::string color_ = "auto";
  bool help_ = false;
  bool version_ = false;
};

// "shunt swap plan" needs -c, --target: those of `needs` that were not given; nothing where all were.
std::optional<UsageError> missing(const std::string& command,
                                  std::initializer_list<std::pair<const char*, bool>> needs);

// Schedule, config, swap.
void add_deciding_commands(CommandTree& tree);
void add_plugin_commands(CommandTree& tree);
// Serve.
void add_running_commands(CommandTree& tree);
// Version, completion, help.
void add_program_commands(CommandTree& tree);

}  // namespace shunt::host
