// SPDX-License-Identifier: Apache-2.0
// yaml_messages.hpp: syntax errors of YAML in words about the text. Private to the configuration code.
#pragma once

#include <string>
#include <string_view>

namespace shunt {

// What is wrong, from yaml-cpp's message and the line that it is about.
std::string yaml_problem(const std::string& message, std::string_view line);

}  // namespace shunt
