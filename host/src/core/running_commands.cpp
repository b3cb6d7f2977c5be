// SPDX-License-Identifier: Apache-2.0
// The words of `shunt serve`, `shunt reload`, `shunt rollback` and `shunt quarantine`.
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <system_error>

#include "address.hpp"
#include "argument_words.hpp"
#include "command_tree.hpp"

namespace shunt::host {

namespace {

// Port 0 is any that is free.
std::optional<UsageError> wrong_address(const char* flag, const std::string& address,
                                        const char* help = "shunt serve --help") {
  if (address.empty()) return std::nullopt;
  const std::string_view problem =
      problem_of_address(address.ends_with(":0") ? address.substr(0, address.size() - 1) + "1" : address);
  if (problem.empty()) return std::nullopt;
  return UsageError{std::string(flag) + " " + std::string(problem) + ", found " + in_quotes(address), "", help};
}

Finished finish_serve(const ServeArguments& words, OutputFormat format) {
  ServeArguments to = words;
  if (auto wrong = wrong_address("--listen", to.listen)) return *std::move(wrong);
  if (auto wrong = wrong_address("--admin", to.admin)) return *std::move(wrong);
  to.format = format;
  return to;
}

// The flag, or else what the environment says.
std::string word_or_environment(const std::string& word, const char* variable, const char* otherwise) {
  if (!word.empty()) return word;
  const char* found = std::getenv(variable);
  return found != nullptr && *found != '\0' ? found : otherwise;
}

// "5%", or "0.05".
std::optional<double> share_of(std::string_view word) {
  double scale = 1.0;
  if (word.ends_with('%')) {
    word.remove_suffix(1);
    scale = 0.01;
  }
  double number = 0.0;
  const auto [end, wrong] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (wrong != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  number *= scale;
  return number >= 0.0 && number <= 1.0 ? std::optional(number) : std::nullopt;
}

struct ReloadWords {
  ReloadArguments arguments;
  std::string canary;
  bool promote = false;
};

std::optional<UsageError> read_canary(const ReloadWords& words, ReloadArguments& to) {
  UsageError wrong{"", "", "shunt reload --help"};
  if (!words.canary.empty()) {
    to.canary_share = share_of(words.canary);
    wrong.message = "--canary is a share of the requests, as in 5% or 0.05, found " + in_quotes(words.canary);
    if (!to.canary_share) return wrong;
  }
  wrong.message = "--fresh-worker puts the config in force for all requests: there is no canary then";
  if (to.fresh_worker && (to.canary_share || words.promote)) return wrong;
  if (!words.promote) return std::nullopt;
  to.action = ReloadArguments::Action::Promote;
  wrong.message = "--promote is about the canary that is out, and --canary begins another one";
  return to.canary_share ? std::optional(wrong) : std::nullopt;
}

void add_reload_command(CommandTree& tree, ReloadArguments::Action action, const char* name, const char* description,
                        const char* examples) {
  ReloadWords& words = tree.target<ReloadWords>();
  ReloadArguments& to = words.arguments;
  to.action = action;
  CLI::App& app = tree.add_command(tree.root(), name, description, examples);
  tree.add_switch(app, "--dry-run", to.dry_run, "Only say what would change");
  tree.add_switch(app, "--wait", to.wait,
                  "Wait until no request uses an older generation any more, and what becomes of a canary is known");
  if (action == ReloadArguments::Action::Reload) {
    tree.add_text(app, "--canary", words.canary, "SHARE",
                  "Share of the requests that the new config decides at first, as 5% or 0.05; 0: all of them at once");
    tree.add_switch(app, "--promote", words.promote, "Put the canary that is out in force; nothing is read");
    tree.add_switch(
        app, "--fresh-worker", to.fresh_worker,
        "Put the config in force for all requests, then have a fresh worker take over, without retired libraries");
  }
  if (action == ReloadArguments::Action::Rollback) {
    tree.add_switch(app, "--canary", to.canary_only, "End the canary; where none is out any more, change nothing");
  }
  tree.add_text(app, "--admin", to.admin, "ADDRESS",
                "Admin listener of the host; default: $SHUNT_ADMIN, else 127.0.0.1:9095");
  tree.add_text(app, "--token-file", to.token_file, "FILE",
                "File with the token of the admin listener; default: $SHUNT_ADMIN_TOKEN_FILE");
  tree.add_format(app, "text", {"text", "json"});
  tree.finish(app, [&tree, &words, &to]() -> Finished {
    ReloadArguments made = to;
    if (auto wrong = read_canary(words, made)) return *std::move(wrong);
    made.admin = word_or_environment(to.admin, "SHUNT_ADMIN", "127.0.0.1:9095");
    // As "shunt serve" prints it.
    if (made.admin.starts_with("http://")) made.admin.erase(0, std::string_view("http://").size());
    made.token_file = word_or_environment(to.token_file, "SHUNT_ADMIN_TOKEN_FILE", "");
    if (auto wrong = wrong_address("--admin", made.admin, "shunt reload --help")) return *std::move(wrong);
    made.format = tree.format(OutputFormat::Text);
    return made;
  });
}

void add_state(CommandTree& tree, CLI::App& app, std::string& target) {
  tree.add_text(
      app, "--state-dir", target, "DIR",
      "Where quarantine and crash reports lie; default: $STATE_DIRECTORY, else shunt in $XDG_STATE_HOME, else "
      "~/.local/state/shunt");
}

Finished finish_lift(const QuarantineArguments& words) {
  constexpr std::size_t kFewestDigits = 8;
  UsageError wrong{"", "", "shunt quarantine lift --help"};
  const bool hex = words.library.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (words.library.empty()) {
    wrong.message = "\"shunt quarantine lift\" needs the SHA-256 of a library, or \"all\"";
    wrong.instead = "shunt quarantine list";
    return wrong;
  }
  if (words.library != "all" && (!hex || words.library.size() < kFewestDigits || words.library.size() > 64)) {
    wrong.message = in_quotes(words.library) + " is neither \"all\" nor 8 to 64 hex digits of a SHA-256";
    wrong.instead = "shunt quarantine list";
    return wrong;
  }
  return words;
}

void add_quarantine(CommandTree& tree) {
  CLI::App& quarantine =
      tree.add_command(tree.root(), "quarantine", "Libraries that are not loaded because they crashed a host",
                       "shunt quarantine list\nshunt quarantine lift 9f86d081884c");
  quarantine.require_subcommand(1);
  QuarantineArguments& to = tree.target<QuarantineArguments>();
  CLI::App& list =
      tree.add_command(quarantine, "list", "List them, and why they are there", "shunt quarantine list -o json");
  add_state(tree, list, to.state);
  tree.add_format(list, "text", {"text", "json"});
  tree.finish(list, [&]() -> Finished {
    to.action = QuarantineArguments::Action::List;
    to.format = tree.format(OutputFormat::Text);
    return to;
  });
  CLI::App& lift = tree.add_command(quarantine, "lift", "Let them be loaded again, from the next start or reload on",
                                    "shunt quarantine lift 9f86d081884c\nshunt quarantine lift all");
  lift.add_option("library", to.library, "First digits of its SHA-256, 8 at least, or \"all\"")->type_name("SHA256");
  add_state(tree, lift, to.state);
  tree.add_format(lift, "text", {"text", "json"});
  tree.finish(lift, [&]() -> Finished {
    to.action = QuarantineArguments::Action::Lift;
    to.format = tree.format(OutputFormat::Text);
    return finish_lift(to);
  });
}

}  // namespace

void add_running_commands(CommandTree& tree) {
  add_reload_command(tree, ReloadArguments::Action::Reload, "reload",
                     "Have a running host read its config again and put it in force",
                     "shunt reload --dry-run\nshunt reload --wait --admin 127.0.0.1:9095\nshunt reload --canary 5%\n"
                     "shunt reload --promote");
  add_reload_command(tree, ReloadArguments::Action::Rollback, "rollback",
                     "Have a running host end its canary, or go back to what it decided with before the last reload",
                     "shunt rollback\nshunt rollback --canary\nshunt rollback --dry-run -o json");
  ServeArguments& to = tree.target<ServeArguments>();
  CLI::App& app = tree.add_command(tree.root(), "serve", "Serve requests: decide, pass on, show what happens",
                                   "shunt serve -c router.jsonc\n"
                                   "shunt serve -c router.jsonc --endpoints pool.yaml --admin 127.0.0.1:0 -o json");
  tree.add_config_file(app, to.config, "Config; without it the default config decides");
  tree.add_text(app, "--endpoints", to.endpoints, "FILE",
                "Endpoints to serve besides those of the config; read again whenever it changes");
  tree.add_text(app, "--listen", to.listen, "ADDRESS", "Where the HTTP door listens; default: as the config says");
  tree.add_text(app, "--admin", to.admin, "ADDRESS", "Where the admin listener listens; default: as the config says");
  add_state(tree, app, to.state);
  tree.add_switch(app, "--no-supervisor", to.no_supervisor,
                  "One process, for a debugger: when a plugin crashes, nobody starts another one");
  tree.add_format(app, "text", {"text", "json"});
  tree.finish(app, [&] { return finish_serve(to, tree.format(OutputFormat::Text)); });
  add_quarantine(tree);
}

}  // namespace shunt::host
