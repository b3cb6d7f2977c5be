// SPDX-License-Identifier: Apache-2.0
// command_line.hpp: from words to Arguments, and the one table of commands that help and completion are made from.
//
//   auto parsed = parse_command_line({"schedule", "--endpoints", "pool.jsonc", "--requests", "-"});
//   if (const UsageError* wrong = std::get_if<UsageError>(&parsed)) std::cerr << wrong->message;
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "arguments.hpp"

namespace shunt::host {

// A flag or a positional argument.
struct OptionInfo {
  std::vector<std::string> names;  // with their dashes; empty for a positional argument
  std::string value;               // "FILE"; empty for a switch
  bool repeated = false;           // of an argument without a flag: any number of them
  std::string description;
  std::vector<std::string> choices;  // where only some words are allowed
};

struct CommandInfo {
  std::string name;
  std::string description;
  std::string examples;  // complete lines
  std::vector<OptionInfo> options;
  std::vector<CommandInfo> commands;

  const CommandInfo* find(std::string_view word) const;  // a command below this one
};

// The whole tree, with the program at its root.
const CommandInfo& command_table();

struct UsageError {
  std::string message;
  std::string instead;  // the command that was probably meant, complete; empty where there is none
  std::string help;     // the command that explains
};

// `words` without the name of the program.
std::variant<Arguments, UsageError> parse_command_line(const std::vector<std::string>& words);

}  // namespace shunt::host
