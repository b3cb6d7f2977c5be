// SPDX-License-Identifier: Apache-2.0
// word_check.hpp: finds unknown commands and flags, and what was probably meant by them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "command_line.hpp"

namespace shunt::host {

struct WordCheck {
  std::optional<UsageError> wrong;
  std::vector<std::string> path;  // names of the commands that the words lead to
  bool help = false;              // --help is among the words
};

WordCheck check_words(const CommandInfo& program, const std::vector<std::string>& words);

}  // namespace shunt::host
