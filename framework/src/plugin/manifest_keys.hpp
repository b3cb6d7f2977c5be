// SPDX-License-Identifier: Apache-2.0
// manifest_keys.hpp: finds what a JSON tree cannot show any more: keys that were written twice.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::detail {

// Nesting of objects and arrays that a manifest may have.
inline constexpr std::size_t kMaximumManifestDepth = 64;

// Keys that occur more than once in one object of `text`, each quoted once; empty for text that is no JSON.
std::vector<std::string> duplicate_keys(std::string_view text);

}  // namespace shunt::detail
