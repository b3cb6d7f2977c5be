// SPDX-License-Identifier: Apache-2.0
// beside_program.hpp: folders that belong to the running program: of its installation, else of its build tree.
//
//   const auto plugins = folder_beside_program({"../lib/shunt/plugins", "../plugins"});
#pragma once

#include <filesystem>
#include <initializer_list>

namespace shunt::host {

// The executable of this process; empty where the kernel does not tell.
std::filesystem::path this_program();

// The first of them that is a folder, seen from the folder of the executable; empty where none is.
std::filesystem::path folder_beside_program(std::initializer_list<const char*> relative);

}  // namespace shunt::host
