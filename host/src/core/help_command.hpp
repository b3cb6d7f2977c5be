// SPDX-License-Identifier: Apache-2.0
// help_command.hpp: what `shunt help` knows: commands, error codes, topics.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "command_line.hpp"

namespace shunt::host {

// Examples first, then the flags. `path`: the names of the commands above and including this one, without the program's.
std::string command_help(const CommandInfo& command, const std::vector<std::string>& path);

struct HelpTopic {
  std::string_view name;
  std::string_view title;
  std::string_view text;
};

std::span<const HelpTopic> help_topics();

// The page of an error code, whatever part of the program it belongs to. Letter case does not matter.
std::optional<std::string> error_code_page(std::string_view code);

// All codes with their titles, sorted.
std::vector<std::pair<std::string_view, std::string_view>> error_code_titles();

}  // namespace shunt::host
