// SPDX-License-Identifier: Apache-2.0
#include "command_line.hpp"

#include "command_tree.hpp"
#include "word_check.hpp"

namespace shunt::host {

const CommandInfo& command_table() {
  static const CommandInfo kTable = CommandTree().describe();
  return kTable;
}

std::variant<Arguments, UsageError> parse_command_line(const std::vector<std::string>& words) {
  if (words.size() == 1 && words.front() == "--version") return Arguments{VersionArguments{}, ColorMode::Auto, false};
  const WordCheck check = check_words(command_table(), words);
  if (check.wrong) return *check.wrong;
  if (check.help) return Arguments{HelpArguments{check.path}, ColorMode::Auto, false};
  CommandTree tree;
  try {
    std::vector<std::string> reversed(words.rbegin(), words.rend());  // the order in which CLI11 takes them
    tree.root().parse(reversed);
  } catch (const CLI::ParseError& error) {
    std::string command = "shunt";
    for (const std::string& word : check.path) command += " " + word;
    return UsageError{error.what(), "", command + " --help"};
  }
  return tree.collect(check.path);
}

}  // namespace shunt::host
