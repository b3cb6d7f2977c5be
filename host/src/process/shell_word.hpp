// SPDX-License-Identifier: Apache-2.0
// shell_word.hpp: words of commands that people are told to run.
#pragma once

#include <string>

namespace shunt::process {

// A word as a shell has to be given it: in quotes where it needs them.
std::string shell_word(const std::string& word);
// The same for a file or folder, which no command may take for one of its flags.
std::string shell_path(const std::string& path);

}  // namespace shunt::process
