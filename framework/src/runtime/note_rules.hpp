// SPDX-License-Identifier: Apache-2.0
// note_rules.hpp: what a note of a decision may look like. Headers and ports go to the wire as they are.
#pragma once

#include <cstdint>
#include <string_view>

namespace shunt {

// What is wrong with a note of a known kind, as a sentence, or nothing. `absent`: it came without text.
std::string_view problem_of_note(std::uint32_t kind, std::string_view name, std::string_view text,
                                 bool absent) noexcept;

}  // namespace shunt
