// SPDX-License-Identifier: Apache-2.0
// The one file that includes CLI11. Its tree of commands is the table that everything else is made from; its messages and
// exit codes stay inside.
#include "command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <map>
#include <shunt/framework/suggest.hpp>
#include <string_view>
#include <type_traits>
#include <utility>

#include "argument_words.hpp"
#include "field_reader.hpp"
#include "plugin_scaffold.hpp"
#include "word_check.hpp"

namespace shunt::host {

namespace {

using Words = std::vector<std::string>;

template <class Number>
CLI::Validator number_check(std::string what) {
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

// Everything the tree writes into while it parses.
struct Targets {
  ScheduleArguments schedule;
  ConfigArguments config;
  PluginArguments plugin;
  PluginNewArguments plugin_new;
  SwapPlanArguments swap;
  VersionArguments version;
  CompletionArguments completion;
  HelpArguments help;
  std::string running;
  std::string format;
  std::string color = "auto";
  double now_ms = 0.0;
};

class Tree {
 public:
  Tree()
      : app_("Decides which model server serves which LLM inference request; every algorithm is a plugin.", "shunt") {
    app_.set_help_flag();
    app_.require_subcommand(0, 1);
    app_.footer(
        "shunt schedule --endpoints pool.jsonc --requests requests.jsonl\n"
        "shunt schedule -c router.jsonc --endpoints pool.jsonc --requests requests.jsonl -o text\n"
        "shunt config check -c router.jsonc\n"
        "shunt plugin list");
    add_common(app_);
    add_switch(app_, "--version", version_, "Print the version");
    add_schedule();
    add_config();
    add_plugin();
    add_swap();
    add_rest();
  }

  CLI::App& app() { return app_; }
  Targets& targets() { return targets_; }
  bool version() const { return version_; }
  bool now_given() const { return now_->count() != 0; }

  // The flags of `schedule` that say what a bundle says itself.
  std::string given_beside_bundle() const {
    std::string flags;
    for (const CLI::Option* option : beside_bundle_) {
      if (option->count() == 0) continue;
      flags.append(flags.empty() ? "--" : ", --").append(option->get_lnames().front());
    }
    return flags;
  }

  CommandInfo describe(const CLI::App& app) const {
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

 private:
  CLI::App& add_command(CLI::App& parent, const std::string& name, const std::string& description,
                        const std::string& examples) {
    CLI::App* app = parent.add_subcommand(name, description);
    app->set_help_flag();
    app->footer(examples);
    add_common(*app);
    return *app;
  }

  void add_common(CLI::App& app) {
    add_choice(app, "--color", targets_.color, "Colour in messages; auto: on a terminal, unless NO_COLOR is set",
               {"auto", "always", "never"});
    add_switch(app, "-h,--help", help_, "Explain this command");
  }

  // An argument without a flag, one of some words.
  void add_positional_choice(CLI::App& app, const std::string& name, std::string& target, const std::string& value,
                             const std::string& description, const Words& choices) {
    CLI::Option* option = app.add_option(name, target, description)->type_name(value);
    allow_only(option, choices);
  }

  CLI::Option* add_text(CLI::App& app, const std::string& names, std::string& target, const std::string& value,
                        const std::string& description) {
    return app.add_option(names, target, description)
        ->type_name(value)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }

  void add_switch(CLI::App& app, const std::string& names, bool& target, const std::string& description) {
    app.add_flag(names, target, description);
  }

  void add_choice(CLI::App& app, const std::string& names, std::string& target, const std::string& description,
                  const Words& choices) {
    allow_only(add_text(app, names, target, "WORD", description), choices);
  }

  void allow_only(CLI::Option* option, const Words& choices) {
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

  void add_config_file(CLI::App& app, std::string& target, const std::string& description) {
    add_text(app, "-c,--config", target, "FILE", description);
  }

  void add_format(CLI::App& app, const std::string& standard, const Words& choices) {
    add_choice(app, "-o,--output", targets_.format, "Form of the output; default: " + standard, choices);
  }

  void add_schedule() {
    ScheduleArguments& to = targets_.schedule;
    CLI::App& app =
        add_command(app_, "schedule", "Decide requests offline, with the same framework and plugins as live",
                    "shunt schedule --endpoints pool.jsonc --requests requests.jsonl\n"
                    "shunt schedule -c router.jsonc --endpoints pool.jsonc --requests - --explain -o text\n"
                    "shunt schedule -c router.jsonc --endpoints pool.jsonc --requests trace.jsonl --assume\n"
                    "shunt schedule --bundle r1.json");
    add_config_file(app, to.config, "Config; without it the default config decides");
    add_text(app, "--endpoints", to.endpoints, "FILE", "Endpoints and what is known about them (required)");
    add_text(app, "--requests", to.requests, "FILE",
             "Requests, one a line, or a trace; - is standard input (required)");
    app.add_option("--seed", to.seed, "Seed of everything random; default: 0")
        ->type_name("N")
        ->check(number_check<std::uint64_t>("a whole number, 0 or more"));
    now_ = app.add_option("--now-ms", targets_.now_ms,
                          "Time of all decisions; default: each request's arrival, with --batch the latest")
               ->type_name("N")
               ->check(number_check<double>("a number of milliseconds"));
    app.add_option("--fallbacks", to.fallbacks, "How many next best endpoints to name beyond the picks; default: 0")
        ->type_name("N")
        ->check(number_check<std::uint32_t>("a whole number, 0 or more"));
    add_switch(app, "--assume", to.assume, "Let each decision count as load for those after it");
    add_switch(app, "--batch", to.batch, "Let all requests wait at once: higher priority first, then earlier arrival");
    add_switch(app, "--explain", to.explain, "Add a trace: who was dropped and why, raw and weighted scores");
    add_switch(app, "--timings", to.timings, "Add nanoseconds; two runs are then no longer the same bytes");
    add_text(app, "--why-not", to.why_not, "NAME",
             "Add the smallest change of a weight that would have chosen this endpoint");
    add_text(app, "--bundle-out", to.bundle_out, "DIR", "Write a file per request that reproduces its decision");
    add_text(app, "--bundle", to.bundle, "FILE", "Make the decision of such a file again");
    for (const char* name : {"--config", "--endpoints", "--requests", "--seed", "--now-ms", "--fallbacks", "--assume",
                             "--batch", "--bundle-out"}) {
      beside_bundle_.push_back(app.get_option(name));
    }
    add_format(app, "jsonl", {"text", "json", "jsonl"});
  }

  void add_config() {
    CLI::App& app = add_command(app_, "config", "Check and complete config files",
                                "shunt config check -c router.jsonc\nshunt config print -c router.jsonc --origin\n"
                                "shunt config schema > shunt.schema.json");
    app.require_subcommand(0, 1);
    CLI::App& check =
        add_command(app, "check", "Report every problem of a config", "shunt config check -c router.jsonc");
    add_config_file(check, targets_.config.config, "Config; without it the default config is checked");
    add_format(check, "text", {"text", "json"});
    CLI::App& print = add_command(app, "print", "Print a config with every default filled in",
                                  "shunt config print -c router.jsonc\nshunt config print --origin");
    add_config_file(print, targets_.config.config, "Config; without it the default config is printed");
    add_switch(print, "--origin", targets_.config.origin, "Mark what was not in the file");
    add_format(print, "text", {"text", "json", "jsonl"});
    add_command(app, "schema", "Print the JSON Schema of config files, for editors",
                "shunt config schema > shunt.schema.json");
  }

  void add_plugin() {
    PluginArguments& to = targets_.plugin;
    CLI::App& app = add_command(app_, "plugin", "Write plugins, and look at libraries without running their code",
                                "shunt plugin new scorer kv-headroom\nshunt plugin list\n"
                                "shunt plugin inspect queue_scorer.so\n"
                                "shunt plugin audit ./my_scorer.so --strict");
    app.require_subcommand(0, 1);
    const auto add = [&](const std::string& name, const std::string& description,
                         const std::string& examples) -> CLI::App& {
      CLI::App& command = add_command(app, name, description, examples);
      command.add_option("files", to.files, "Libraries; a bare name is looked for on the plugin path too")
          ->type_name("FILE");
      add_config_file(command, to.config, "Config whose pluginDirs count as well");
      add_format(command, "text", {"text", "json", "jsonl"});
      return command;
    };
    add("list", "List plugin types: of the files, else of the plugin path",
        "shunt plugin list\nshunt plugin list -o json");
    add("inspect", "Show manifest, interfaces, parameters, symbols and hashes", "shunt plugin inspect queue_scorer.so");
    CLI::App& audit = add("audit", "Judge how libraries were built", "shunt plugin audit ./my_scorer.so --strict");
    add_switch(audit, "--strict", to.strict, "Exit with 5 for warnings too");
    add_plugin_new(app);
  }

  void add_plugin_new(CLI::App& parent) {
    PluginNewArguments& to = targets_.plugin_new;
    CLI::App& app = add_command(parent, "new", "Write a plugin that builds, passes its test and decides as it is",
                                "shunt plugin new scorer kv-headroom\n"
                                "shunt plugin new filter gold-only --lang c --dir plugins/gold_only");
    add_positional_choice(app, "kind", to.kind, "KIND", "What it decides (required)", scaffold_kinds());
    app.add_option("name", to.name, "Type of the plugin, words joined by hyphens (required)")->type_name("NAME");
    add_choice(app, "--lang", to.language, "Language of its source; default: cpp", scaffold_languages());
    add_text(app, "--dir", to.folder, "DIR", "Folder to write; default: the name, joined by underscores");
    add_format(app, "text", {"text", "json", "jsonl"});
  }

  void add_swap() {
    CLI::App& app = add_command(app_, "swap", "Ask who makes room for a model",
                                "shunt swap plan -c models.jsonc --target a --running b,c");
    app.require_subcommand(0, 1);
    CLI::App& plan = add_command(app, "plan", "Print who would have to go for a model",
                                 "shunt swap plan -c models.jsonc --target a --running b,c");
    add_config_file(plan, targets_.swap.config, "Config with \"models\" (required)");
    add_text(plan, "--target", targets_.swap.target, "MODEL", "Model to be loaded (required)");
    add_text(plan, "--running", targets_.running, "MODELS", "Models that run now, separated by commas")->expected(0, 1);
    add_format(plan, "json", {"text", "json", "jsonl"});
  }

  void add_rest() {
    CLI::App& version = add_command(app_, "version", "Print version, ABI and build", "shunt version -o json");
    add_format(version, "text", {"text", "json", "jsonl"});
    CLI::App& completion = add_command(app_, "completion", "Print a completion script for a shell",
                                       "shunt completion bash > /etc/bash_completion.d/shunt\n"
                                       "shunt completion zsh > \"${fpath[1]}/_shunt\"\n"
                                       "shunt completion fish > ~/.config/fish/completions/shunt.fish");
    CLI::Option* shell = completion.add_option("shell", targets_.completion.shell, "The shell")->type_name("SHELL");
    choices_[shell] = {"bash", "zsh", "fish"};
    CLI::App& help = add_command(app_, "help", "Explain a command, an error code or a topic",
                                 "shunt help schedule\nshunt help C104\nshunt help plugin-path");
    help.add_option("topic", targets_.help.words, "A command, an error code, or a topic")->type_name("TOPIC");
  }

  CLI::App app_;
  Targets targets_;
  std::map<const CLI::Option*, Words> choices_;
  CLI::Option* now_ = nullptr;
  std::vector<const CLI::Option*> beside_bundle_;
  bool help_ = false;
  bool version_ = false;
};

std::optional<UsageError> missing(const std::string& command,
                                  std::initializer_list<std::pair<const char*, bool>> needs) {
  std::string flags;
  for (const auto& [flag, given] : needs) {
    if (!given) flags.append(flags.empty() ? "" : ", ").append(flag);
  }
  if (flags.empty()) return std::nullopt;
  return UsageError{in_quotes("shunt " + command) + " needs " + flags, "", "shunt " + command + " --help"};
}

UsageError wrong_shell(const std::string& shell) {
  UsageError wrong{"\"shunt completion\" needs the name of a shell: bash, zsh or fish", "", "shunt completion --help"};
  if (shell.empty()) return wrong;
  wrong.message = in_quotes(shell) + " is not one of bash, zsh, fish";
  if (const auto close = suggest(shell, {"bash", "zsh", "fish"})) {
    wrong.message += "; " + did_you_mean(*close);
    wrong.instead = "shunt completion " + *close;
  }
  return wrong;
}

std::variant<Arguments, UsageError> collect(Tree& tree, const Words& path) {
  Targets& from = tree.targets();
  Arguments out;
  out.color = from.color == "always" ? ColorMode::Always : from.color == "never" ? ColorMode::Never : ColorMode::Auto;
  out.json_errors = from.format == "json";
  const std::string& first = path.front();
  const std::string second = path.size() > 1 ? path[1] : "";
  std::optional<UsageError> wrong;
  if (first == "schedule") {
    ScheduleArguments& to = from.schedule;
    if (tree.now_given()) to.now_ms = from.now_ms;
    to.format = format_of(from.format, OutputFormat::Jsonl);
    if (to.bundle.empty()) {
      wrong = missing("schedule", {{"--endpoints", !to.endpoints.empty()}, {"--requests", !to.requests.empty()}});
    } else if (const std::string flags = tree.given_beside_bundle(); !flags.empty()) {
      wrong =
          UsageError{"a bundle brings its own config, endpoints, request and options: --bundle stands without " + flags,
                     "", "shunt schedule --help"};
    }
    if (!wrong && (to.config == "-") + (to.endpoints == "-") + (to.requests == "-") > 1) {
      wrong = UsageError{"only one file can be standard input", "", "shunt schedule --help"};
    }
    out.command = to;
  } else if (first == "config") {
    using Action = ConfigArguments::Action;
    from.config.action = second == "print" ? Action::Print : second == "schema" ? Action::Schema : Action::Check;
    from.config.format = format_of(from.format, OutputFormat::Text);
    out.command = from.config;
  } else if (first == "plugin" && second == "new") {
    PluginNewArguments& to = from.plugin_new;
    to.format = format_of(from.format, OutputFormat::Text);
    wrong = missing("plugin new", {{"a kind", !to.kind.empty()}, {"a name", !to.name.empty()}});
    out.command = to;
  } else if (first == "plugin") {
    using Action = PluginArguments::Action;
    from.plugin.action = second == "list" ? Action::List : second == "inspect" ? Action::Inspect : Action::Audit;
    from.plugin.format = format_of(from.format, OutputFormat::Text);
    if (second == "inspect") wrong = missing("plugin inspect", {{"the name of a library", !from.plugin.files.empty()}});
    out.command = from.plugin;
  } else if (first == "swap") {
    from.swap.running = split_at_commas(from.running);
    from.swap.format = format_of(from.format, OutputFormat::Json);
    wrong = missing("swap plan", {{"-c", !from.swap.config.empty()}, {"--target", !from.swap.target.empty()}});
    out.command = from.swap;
  } else if (first == "version") {
    out.command = VersionArguments{format_of(from.format, OutputFormat::Text)};
  } else if (first == "completion") {
    const std::string& shell = from.completion.shell;
    if (shell != "bash" && shell != "zsh" && shell != "fish") {
      wrong = wrong_shell(shell);
    }
    out.command = from.completion;
  } else {
    out.command = from.help;
  }
  if (wrong) return *wrong;
  return out;
}

}  // namespace

const CommandInfo& command_table() {
  static const CommandInfo kTable = [] {
    Tree tree;
    return tree.describe(tree.app());
  }();
  return kTable;
}

std::variant<Arguments, UsageError> parse_command_line(const Words& words) {
  if (words.size() == 1 && words.front() == "--version") return Arguments{VersionArguments{}, ColorMode::Auto, false};
  const WordCheck check = check_words(command_table(), words);
  if (check.wrong) return *check.wrong;
  if (check.help) return Arguments{HelpArguments{check.path}, ColorMode::Auto, false};
  Tree tree;
  try {
    Words reversed(words.rbegin(), words.rend());  // the order in which CLI11 takes them
    tree.app().parse(reversed);
  } catch (const CLI::ParseError& error) {
    std::string command = "shunt";
    for (const std::string& word : check.path) command += " " + word;
    return UsageError{error.what(), "", command + " --help"};
  }
  return collect(tree, check.path);
}

}  // namespace shunt::host
