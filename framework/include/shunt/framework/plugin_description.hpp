// SPDX-License-Identifier: Apache-2.0
// plugin_description.hpp: what is known of a plugin type without running any of its code.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace shunt {

// The five interfaces that profiles and host slots are made of. An instance may offer several, or none (supporting plugin).
enum class Kind { Filter, Scorer, Picker, ProfileHandler, Swapper };

// "filter", "scorer", "picker", "profile handler", "swapper": for people.
std::string_view to_string(Kind kind);

// One plugin type of a library, as its manifest states it. Owns its text.
struct PluginDescription {
  std::string type;                     // "queue-scorer"
  std::string version;                  // of the plugin, "1.0.0"
  std::string summary;                  // one sentence
  std::string stability;                // "stable", "beta", "alpha" or "deprecated"
  std::vector<std::string> interfaces;  // ids, "shunt.scorer/1"
  std::string parameters_schema;        // JSON Schema text (documented subset); never empty
  std::vector<std::string> reads;       // columns and values it reads whatever its parameters
  std::vector<std::string> writes;      // columns and values it writes whatever its parameters
  std::vector<std::string>
      default_producer_of;       // columns and values for which it is created where nobody else writes them
  bool single_instance = false;  // a config may have at most one
  std::string library;           // file name of the library that offers it, for messages

  bool offers(std::string_view interface_id) const;
  bool offers(Kind kind) const;
  bool is_supporting() const;  // offers none of the five kinds
};

}  // namespace shunt
