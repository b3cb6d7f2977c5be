// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <shunt/framework/registry.hpp>
#include <system_error>
#include <utility>

#include "plugin/plugin_error.hpp"

namespace shunt {
namespace {

using detail::plugin_error;
using detail::quote;

// One spelling for one path, so that a pin matches however it was written.
std::filesystem::path normal(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  return (error ? path : absolute).lexically_normal();
}

bool is_same_library(const Library& left, const Library& right) {
  return left.same_mapping(right) || &left.table() == &right.table();
}

}  // namespace

void Registry::pin(std::string type, const std::filesystem::path& library_path) {
  pins_[std::move(type)] = library_path;
}

Result<void> Registry::add(const std::shared_ptr<const Library>& library) {
  // Equal bytes under another name bring nothing new, unless a pin names that file.
  const bool known = std::any_of(libraries_.begin(), libraries_.end(), [&library](const auto& other) {
    return is_same_library(*other, *library) && other->path() == library->path();
  });
  if (known) return {};

  std::vector<std::size_t> accepted;
  std::vector<std::string> conflicts;
  for (std::size_t index = 0; index < library->plugins().size(); ++index) {
    const std::string& type = library->plugins()[index].type;
    const auto pinned = pins_.find(type);
    if (pinned != pins_.end()) {
      const bool meant = normal(pinned->second) == normal(library->path()) || pinned->second == library->path();
      if (meant) accepted.push_back(index);
      continue;
    }
    const auto present = types_.find(type);
    if (present == types_.end()) {
      accepted.push_back(index);
    } else if (!is_same_library(*present->second.library, *library)) {
      conflicts.push_back(quote(type) + ", which " + quote(present->second.library->path().string()) + " offers too");
    }
  }
  if (!conflicts.empty()) {
    return plugin_error("P170", library->path().string(),
                        "offers plugin type " + detail::joined(conflicts) +
                            ": remove one of the libraries, or pin the type to one of them in the config");
  }
  for (const std::size_t index : accepted) {
    const PluginDescription& description = library->plugins()[index];
    types_.insert_or_assign(description.type, RegisteredType{description, library, library->plugin(index)});
  }
  libraries_.push_back(library);
  return {};
}

Result<void> Registry::check_pins() const {
  for (const auto& [type, path] : pins_) {
    if (types_.contains(type)) continue;
    return plugin_error("P171", path.string(),
                        "is pinned as the library of plugin type " + quote(type) +
                            ", but is not loaded or does not offer it: correct the pin, or load that library");
  }
  return {};
}

const RegisteredType* Registry::find(std::string_view type) const {
  const auto found = types_.find(type);
  return found == types_.end() ? nullptr : &found->second;
}

std::vector<PluginDescription> Registry::descriptions() const {
  std::vector<PluginDescription> out;
  out.reserve(types_.size());
  for (const auto& [type, entry] : types_) out.push_back(entry.description);
  return out;
}

}  // namespace shunt
