// SPDX-License-Identifier: Apache-2.0
#include "command_tree.hpp"

#include <algorithm>
#include <shunt/framework/suggest.hpp>

#include "argument_words.hpp"
#include "word_check.hpp"

namespace shunt::host {

CommandTree::CommandTree()
    : app_("Decides which model server serves which LLM inference request; every algorithm is a plugin.", "shunt") {
  app_.set_help_flag();
  app_.require_subcommand(0, 1);
  app_.footer(
      "shunt serve -c router.jsonc\n"
      "shunt schedule --endpoints pool.jsonc --requests requests.jsonl\n"
      "shunt schedule -c router.jsonc --endpoints pool.jsonc --requests requests.jsonl -o text\n"
      "shunt config check -c router.jsonc\n"
      "shunt plugin list");
  add_common(app_);
  add_switch(app_, "--version", version_, "Print the version");
  add_running_commands(*this);
  add_deciding_commands(*this);
  add_plugin_commands(*this);
  add_program_commands(*this);
}

CLI::App& CommandTree::add_command(CLI::App& parent, const std::string& name, const std::string& description,
                                   const std::string& examples) {
  CLI::App* app = parent.add_subcommand(name, description);
  app->set_help_flag();
  app->footer(examples);
  add_common(*app);
  return *app;
}

void CommandTree::add_common(CLI::App& app) {
  add_choice(app, "--color", color_, "Colour in messages; auto: on a terminal, unless NO_COLOR is set",
             {"auto", "always", "never"});
  add_switch(app, "-h,--help", help_, "Explain this command");
}

CLI::Option* CommandTree::add_text(CLI::App& app, const std::string& names, std::string& target,
                                   const std::string& value, const std::string& description) {
  return app.add_option(names, target, description)
      ->type_name(value)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

void CommandTree::add_switch(CLI::App& app, const std::string& names, bool& target, const std::string& description) {
  app.add_flag(names, target, description);
}

void CommandTree::add_choice(CLI::App& app, const std::string& names, std::string& target,
                             const std::string& description, const std::vector<std::string>& choices) {
  allow_only(add_text(app, names, target, "WORD", description), choices);
}

void CommandTree::add_positional_choice(CLI::App& app, const std::string& name, std::string& target,
                                        const std::string& value, const std::string& description,
                                        const std::vector<std::string>& choices) {
  CLI::Option* option = app.add_option(name, target, description)->type_name(value);
  allow_only(option, choices);
}

CLI::Option* CommandTree::add_milliseconds(CLI::App& app, const std::string& name, double& target,
                                           const std::string& description) {
  return app.add_option(name, target, description)
      ->type_name("N")
      ->check(number_check<double>("a number of milliseconds"));
}

void CommandTree::add_config_file(CLI::App& app, std::string& target, const std::string& description) {
  add_text(app, "-c,--config", target, "FILE", description);
}

void CommandTree::add_format(CLI::App& app, const std::string& standard, const std::vector<std::string>& choices) {
  add_choice(app, "-o,--output", format_, "Form of the output; default: " + standard, choices);
}

void CommandTree::allow_only(CLI::Option* option, const std::vector<std::string>& choices) {
  choices_[option] = choices;
  option->check(CLI::Validator(
      [choices](std::string& word) {
        if (std::ranges::find(choices, word) != choices.end()) return std::string();
        const auto close = suggest(word, choices);
        std::string allowed;
        for (const std::string& choice : choices) allowed.append(allowed.empty() ? "" : ", ").append(choice);
        return in_quotes(word) + " is not one of " + allowed + (close ? "; " + did_you_mean(*close) : "");
      },
      ""));
}

OutputFormat CommandTree::format(OutputFormat standard) const { return format_of(format_, standard); }

CommandInfo CommandTree::describe(const CLI::App& app) const {
  CommandInfo info{app.get_name(), app.get_description(), app.get_footer(), {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    OptionInfo entry;
    for (const std::string& name : option->get_snames()) entry.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) entry.names.push_back("--" + name);
    if (option->get_expected_max() > 0) entry.value = option->get_type_name();
    entry.description = option->get_description();
    entry.repeated = option->get_expected_max() > 1;
    if (const auto it = choices_.find(option); it != choices_.end()) entry.choices = it->second;
    info.options.push_back(std::move(entry));
  }
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    info.commands.push_back(describe(*sub));
  return info;
}

std::variant<Arguments, UsageError> CommandTree::collect(const std::vector<std::string>& path) {
  CLI::App* app = &app_;
  for (const std::string& word : path) app = app->get_subcommand(word);
  Finished finished = finishers_.at(app)();
  if (UsageError* wrong = std::get_if<UsageError>(&finished)) return std::move(*wrong);
  Arguments out;
  out.command = std::move(std::get<Command>(finished));
  out.color = color_ == "always" ? ColorMode::Always : color_ == "never" ? ColorMode::Never : ColorMode::Auto;
  out.json_errors = format_ == "json";
  return out;
}

std::optional<UsageError> missing(const std::string& command,
                                  std::initializer_list<std::pair<const char*, bool>> needs) {
  std::string flags;
  for (const auto& [flag, given] : needs) {
    if (!given) flags.append(flags.empty() ? "" : ", ").append(flag);
  }
  if (flags.empty()) return std::nullopt;
  return UsageError{in_quotes("shunt " + command) + " needs " + flags, "", "shunt " + command + " --help"};
}

}  // namespace shunt::host
