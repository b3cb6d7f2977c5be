// SPDX-License-Identifier: Apache-2.0
// peer_types.hpp: the plugin types of the llm-d endpoint picker that no plugin here is called like. Private to the configuration
// code.
#pragma once

#include <string_view>

namespace shunt {

// One whose work is no plugin's here, or belongs to a section that is left out: a config that names it is good without it.
struct CoveredType {
  std::string_view type;
  std::string_view why;  // goes on behind its name: "is not needed: ..."
};
// Null for all others.
const CoveredType* covered_peer_type(std::string_view type);

// One that nothing here does the work of.
struct MissingType {
  std::string_view type;
  std::string_view nearest;  // empty: there is none
  std::string_view why;
};
const MissingType* missing_peer_type(std::string_view type);

// The type that has taken the place of a deprecated one; empty where none is known.
std::string_view successor_of_type(std::string_view type);

}  // namespace shunt
