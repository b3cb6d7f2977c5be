// SPDX-License-Identifier: Apache-2.0
// scaffold_writer.hpp: puts the files of a new plugin into a folder: all of them or none, and never over others.
#pragma once

#include <filesystem>
#include <shunt/framework/error.hpp>
#include <string>
#include <vector>

#include "plugin_scaffold.hpp"

namespace shunt::host {

// Those of the files that exist in the folder already.
std::vector<std::string> files_in_the_way(const std::filesystem::path& folder, const std::vector<ScaffoldFile>& files);

// The folder and those above it are made where they are missing. Everything is written beside the folder first and then moved.
Result<void> write_scaffold(const std::filesystem::path& folder, const std::vector<ScaffoldFile>& files);

}  // namespace shunt::host
