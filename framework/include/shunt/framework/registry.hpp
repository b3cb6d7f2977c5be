// SPDX-License-Identifier: Apache-2.0
// registry.hpp: which library offers which plugin type.
//
//   shunt::Registry registry;
//   for (const auto& library : libraries) if (auto added = registry.add(library); !added) return added.error();
//   if (const shunt::RegisteredType* entry = registry.find("queue-scorer")) entry->plugin->create(&info, &self);
//
// Built once by one thread, then only read: a finished registry may be shared by any number of generations and threads.
// Copies are independent and cheap in what they own (text and shared pointers).
#pragma once

#include <shunt/abi/library.h>

#include <filesystem>
#include <map>
#include <memory>
#include <shunt/framework/error.hpp>
#include <shunt/framework/library.hpp>
#include <shunt/framework/plugin_description.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace shunt {

struct RegisteredType {
  PluginDescription description;
  std::shared_ptr<const Library> library;
  const shunt_plugin* plugin = nullptr;  // valid for the rest of the process
};

class Registry {
 public:
  // Says which library a type shall come from, where several offer it. Counts for libraries added later.
  void pin(std::string type, const std::filesystem::path& library_path);

  // Takes over all types of a library, or none: a type that another library has already brought is an error that names
  // both files, unless it is pinned. Adding a library again changes nothing.
  Result<void> add(const std::shared_ptr<const Library>& library);

  // To be asked when all are added: a pinned type that its library does not offer, or whose library is missing, is an
  // error.
  Result<void> check_pins() const;

  // Null where no library offers the type.
  const RegisteredType* find(std::string_view type) const;

  // All of them, sorted by type.
  const std::map<std::string, RegisteredType, std::less<>>& types() const { return types_; }

  // The same as a list, for those who only describe.
  std::vector<PluginDescription> descriptions() const;

  // In the order of their first add().
  const std::vector<std::shared_ptr<const Library>>& libraries() const { return libraries_; }

 private:
  std::map<std::string, RegisteredType, std::less<>> types_;
  std::map<std::string, std::filesystem::path, std::less<>> pins_;
  std::vector<std::shared_ptr<const Library>> libraries_;
};

}  // namespace shunt
