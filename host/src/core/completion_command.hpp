// SPDX-License-Identifier: Apache-2.0
// completion_command.hpp: completion scripts, made from the table of commands, so that they cannot fall behind it.
#pragma once

#include <string>

#include "command_line.hpp"

namespace shunt::host {

std::string bash_completion(const CommandInfo& program);
std::string zsh_completion(const CommandInfo& program);
std::string fish_completion(const CommandInfo& program);

}  // namespace shunt::host
