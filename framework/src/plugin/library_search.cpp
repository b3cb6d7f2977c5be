// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <shunt/framework/library.hpp>
#include <shunt/framework/library_search.hpp>
#include <shunt/framework/library_store.hpp>
#include <shunt/framework/suggest.hpp>
#include <system_error>

#include "plugin/plugin_error.hpp"

namespace shunt {
namespace {

namespace fs = std::filesystem;
using detail::plugin_error;
using detail::quote;

// The names of the libraries in a directory, sorted. A directory that is not there has none.
Result<std::vector<std::string>> list_directory(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entries(directory, error);
  if (error == std::errc::no_such_file_or_directory) return names;
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::error_code gone;  // a file that disappears meanwhile is no library
    const fs::path& path = entries->path();
    if (path.extension() != ".so" || path.filename().string().starts_with('.')) continue;
    if (!entries->is_directory(gone)) names.push_back(path.filename().string());
  }
  if (error) {
    return plugin_error(
        "P105", directory.string(),
        "cannot be listed: " + error.message() + "; correct the plugin path or the directory's permissions");
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Also true for what exists but cannot be used: opening it then says why.
bool is_present(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  return status.type() != fs::file_type::not_found && status.type() != fs::file_type::none;
}

std::string suggestion(std::string_view name, const std::vector<fs::path>& directories) {
  const Result<std::vector<fs::path>> present = find_libraries(directories);
  std::vector<std::string> names;
  if (present) {
    for (const fs::path& path : *present) names.push_back(path.filename().string());
  }
  const std::optional<std::string> close = suggest(name, names);
  return close ? "; " + did_you_mean(*close) : std::string();
}

}  // namespace

Result<std::vector<fs::path>> find_libraries(const std::vector<fs::path>& directories) {
  std::vector<fs::path> found;
  std::set<std::string> seen;
  for (const fs::path& directory : directories) {
    const Result<std::vector<std::string>> names = list_directory(directory);
    if (!names) return names.error();
    for (const std::string& name : *names) {
      if (seen.insert(name).second) found.push_back(directory / name);
    }
  }
  return found;
}

Result<fs::path> resolve_library(std::string_view name, const std::vector<fs::path>& directories) {
  const fs::path wanted(name);
  if (wanted.is_absolute()) {
    if (is_present(wanted)) return wanted;
    return plugin_error("P101", name, "does not exist: check the path");
  }
  std::vector<std::string> tried;
  for (const fs::path& directory : directories) {
    const fs::path candidate = directory / wanted;
    if (!name.empty() && is_present(candidate)) return candidate;
    tried.push_back(quote(candidate.string()));
  }
  const std::string places =
      tried.empty() ? "the plugin path is empty" : "tried " + detail::joined(tried, tried.size());
  return plugin_error("P101", name,
                      "was not found: " + places +
                          "; correct the name, extend the plugin path, or give an absolute path" +
                          suggestion(name, directories));
}

Result<std::shared_ptr<const Library>> load_library(LibraryStore& store, std::string_view name,
                                                    const std::vector<fs::path>& directories,
                                                    const std::optional<std::string>& sha256_pin) {
  const Result<fs::path> path = resolve_library(name, directories);
  if (!path) return path.error();
  return store.load(*path, sha256_pin);
}

}  // namespace shunt
