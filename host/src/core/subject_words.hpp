// SPDX-License-Identifier: Apache-2.0
// subject_words.hpp: the flags that commands share which run the code of plugins. Includes CLI11.
#pragma once

#include <optional>
#include <string>

#include "command_tree.hpp"

namespace shunt::host {

// `profiles` takes names separated by commas.
void add_subject_flags(CommandTree& tree, CLI::App& app, SubjectArguments& to, std::string& profiles);
// What is wrong with them, of "plugin validate" or another command; `needs_files`: whether one has to be named.
std::optional<UsageError> problem_of_subject(const SubjectArguments& arguments, const std::string& command,
                                             bool needs_files);

}  // namespace shunt::host
