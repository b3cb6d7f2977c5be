// SPDX-License-Identifier: Apache-2.0
// library_search.hpp: from the words of a config to files.
//
//   auto library = shunt::load_library(store, "queue_scorer.so", search_directories);
//   auto everything = shunt::find_libraries(search_directories);
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <shunt/framework/error.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace shunt {

class Library;
class LibraryStore;

// The `*.so` files of some directories: directory by directory, by name within each. A name in an earlier directory
// hides the same name in a later one, as resolve_library() would. Hidden files and directories that do not exist are
// passed over; one that cannot be listed is an error.
Result<std::vector<std::filesystem::path>> find_libraries(const std::vector<std::filesystem::path>& directories);

// The first of `directories` that has `name`; an absolute path stands for itself. A failure lists every path tried.
Result<std::filesystem::path> resolve_library(std::string_view name,
                                              const std::vector<std::filesystem::path>& directories);

// Resolves and loads. A file that exists but does not load is the answer: no later directory is tried.
Result<std::shared_ptr<const Library>> load_library(LibraryStore& store, std::string_view name,
                                                    const std::vector<std::filesystem::path>& directories,
                                                    const std::optional<std::string>& sha256_pin = std::nullopt);

}  // namespace shunt
