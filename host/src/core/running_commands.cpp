// SPDX-License-Identifier: Apache-2.0
// The words of `shunt serve`, `shunt reload` and `shunt rollback`.
#include <cstdlib>

#include "address.hpp"
#include "argument_words.hpp"
#include "command_tree.hpp"

namespace shunt::host {

namespace {

// Port 0 is any that is free.
std::optional<UsageError> wrong_address(const char* flag, const std::string& address) {
  if (address.empty()) return std::nullopt;
  const std::string_view problem =
      problem_of_address(address.ends_with(":0") ? address.substr(0, address.size() - 1) + "1" : address);
  if (problem.empty()) return std::nullopt;
  return UsageError{std::string(flag) + " " + std::string(problem) + ", found " + in_quotes(address), "",
                    "shunt serve --help"};
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

void add_reload_command(CommandTree& tree, ReloadArguments::Action action, const char* name, const char* description,
                        const char* examples) {
  ReloadArguments& to = tree.target<ReloadArguments>();
  to.action = action;
  CLI::App& app = tree.add_command(tree.root(), name, description, examples);
  tree.add_switch(app, "--dry-run", to.dry_run, "Only say what would change");
  tree.add_switch(app, "--wait", to.wait, "Wait until no request uses an older generation any more");
  tree.add_text(app, "--admin", to.admin, "ADDRESS",
                "Admin listener of the host; default: $SHUNT_ADMIN, else 127.0.0.1:9095");
  tree.add_text(app, "--token-file", to.token_file, "FILE",
                "File with the token of the admin listener; default: $SHUNT_ADMIN_TOKEN_FILE");
  tree.add_format(app, "text", {"text", "json"});
  tree.finish(app, [&tree, &to]() -> Finished {
    ReloadArguments made = to;
    made.admin = word_or_environment(to.admin, "SHUNT_ADMIN", "127.0.0.1:9095");
    made.token_file = word_or_environment(to.token_file, "SHUNT_ADMIN_TOKEN_FILE", "");
    if (auto wrong = wrong_address("--admin", made.admin)) return *std::move(wrong);
    made.format = tree.format(OutputFormat::Text);
    return made;
  });
}

}  // namespace

void add_running_commands(CommandTree& tree) {
  add_reload_command(tree, ReloadArguments::Action::Reload, "reload",
                     "Have a running host read its config again and put it in force",
                     "shunt reload --dry-run\nshunt reload --wait --admin 127.0.0.1:9095");
  add_reload_command(tree, ReloadArguments::Action::Rollback, "rollback",
                     "Have a running host go back to what it decided with before the last reload",
                     "shunt rollback\nshunt rollback --dry-run -o json");
  ServeArguments& to = tree.target<ServeArguments>();
  CLI::App& app = tree.add_command(tree.root(), "serve", "Serve requests: decide, pass on, show what happens",
                                   "shunt serve -c router.jsonc\n"
                                   "shunt serve -c router.jsonc --endpoints pool.yaml --admin 127.0.0.1:0 -o json");
  tree.add_config_file(app, to.config, "Config; without it the default config decides");
  tree.add_text(app, "--endpoints", to.endpoints, "FILE",
                "Endpoints to serve besides those of the config; read again whenever it changes");
  tree.add_text(app, "--listen", to.listen, "ADDRESS", "Where the HTTP door listens; default: as the config says");
  tree.add_text(app, "--admin", to.admin, "ADDRESS", "Where the admin listener listens; default: as the config says");
  tree.add_format(app, "text", {"text", "json"});
  tree.finish(app, [&] { return finish_serve(to, tree.format(OutputFormat::Text)); });
}

}  // namespace shunt::host
