// SPDX-License-Identifier: Apache-2.0
// The words of `shunt version`, `shunt completion` and `shunt help`.
#include <shunt/framework/suggest.hpp>

#include "command_tree.hpp"
#include "word_check.hpp"

namespace shunt::host {

namespace {

std::optional<UsageError> problem_of_shell(const std::string& shell) {
  const std::vector<std::string> shells{"bash", "zsh", "fish"};
  for (const std::string& known : shells) {
    if (shell == known) return std::nullopt;
  }
  UsageError wrong{"\"shunt completion\" needs the name of a shell: bash, zsh or fish", "", "shunt completion --help"};
  if (shell.empty()) return wrong;
  wrong.message = in_quotes(shell) + " is not one of bash, zsh, fish";
  if (const auto close = suggest(shell, shells)) {
    wrong.message += "; " + did_you_mean(*close);
    wrong.instead = "shunt completion " + *close;
  }
  return wrong;
}

}  // namespace

void add_program_commands(CommandTree& tree) {
  CLI::App& version = tree.add_command(tree.root(), "version", "Print version, ABI and build", "shunt version -o json");
  tree.add_format(version, "text", {"text", "json", "jsonl"});
  tree.finish(version, [&]() -> Finished { return VersionArguments{tree.format(OutputFormat::Text)}; });

  CompletionArguments& to = tree.target<CompletionArguments>();
  CLI::App& completion = tree.add_command(tree.root(), "completion", "Print a completion script for a shell",
                                          "shunt completion bash > /etc/bash_completion.d/shunt\n"
                                          "shunt completion zsh > \"${fpath[1]}/_shunt\"\n"
                                          "shunt completion fish > ~/.config/fish/completions/shunt.fish");
  CLI::Option* shell = completion.add_option("shell", to.shell, "The shell")->type_name("SHELL");
  tree.show_choices(shell, {"bash", "zsh", "fish"});
  tree.finish(completion, [&]() -> Finished {
    if (auto wrong = problem_of_shell(to.shell)) return *wrong;
    return to;
  });

  HelpArguments& asked = tree.target<HelpArguments>();
  CLI::App& help = tree.add_command(tree.root(), "help", "Explain a command, an error code or a topic",
                                    "shunt help schedule\nshunt help C104\nshunt help plugin-path");
  help.add_option("topic", asked.words, "A command, an error code, or a topic")->type_name("TOPIC");
  tree.finish(help, [&]() -> Finished { return asked; });
  tree.finish(tree.root(), [&]() -> Finished { return asked; });
}

}  // namespace shunt::host
