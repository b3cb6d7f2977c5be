// SPDX-License-Identifier: Apache-2.0
// argument_words.hpp: words of the command line as what they stand for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "arguments.hpp"

namespace shunt::host {

// The format that -o names; `standard` where it names none.
OutputFormat format_of(const std::string& word, OutputFormat standard);

// Without empty parts.
std::vector<std::string> split_at_commas(std::string_view text);

}  // namespace shunt::host
