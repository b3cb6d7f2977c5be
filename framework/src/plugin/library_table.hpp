// SPDX-License-Identifier: Apache-2.0
// library_table.hpp: reading the tables of a library that is already in memory, without believing them.
#pragma once

#include <shunt/abi/library.h>

#include <shunt/framework/error.hpp>
#include <shunt/framework/manifest.hpp>
#include <string_view>
#include <vector>

namespace shunt::detail {

struct LibraryTable {
  const shunt_library* library = nullptr;
  std::vector<const shunt_plugin*> plugins;
  Manifest facts;  // what the tables say, in the form of a manifest
};

// Calls the entry function and describe(), and copies what they return. Reads no member that a table's `size` does not
// cover. One message lists every problem.
Result<LibraryTable> read_table(shunt_library_entry entry, std::string_view path);

// Both must state the same facts. One message lists every difference.
Result<void> compare_facts(const Manifest& manifest, const Manifest& table, std::string_view path);

}  // namespace shunt::detail
