// SPDX-License-Identifier: Apache-2.0
// loader.hpp: the only door to the dynamic loader.
#pragma once

#include <shunt/abi/library.h>

#include <filesystem>
#include <string>

namespace shunt::detail {

struct LoadOutcome {
  bool mapped = false;                  // true: the file is part of the process from now on, for good
  shunt_library_entry entry = nullptr;  // null where the entry function was not found
  std::string text;                     // what the loader said, where something failed
};

// Maps a file for the rest of the process: all symbols bound now, none offered to others.
LoadOutcome map_for_good(const std::filesystem::path& file);

}  // namespace shunt::detail
