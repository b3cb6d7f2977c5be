// SPDX-License-Identifier: Apache-2.0
// registry_catalog.hpp: a registry as resolve_config wants to see it.
//
//   resolve_config(config, RegistryCatalog(registry), diagnostics);
#pragma once

#include <shunt/framework/config.hpp>
#include <shunt/framework/registry.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace shunt {

// Looks into the registry; does not own it.
class RegistryCatalog final : public PluginCatalog {
 public:
  explicit RegistryCatalog(const Registry& registry) : registry_(registry) {}

  const PluginDescription* find(std::string_view type) const override {
    const RegisteredType* found = registry_.find(type);
    return found != nullptr ? &found->description : nullptr;
  }
  std::vector<std::string> types() const override {
    std::vector<std::string> all;
    for (const auto& [type, entry] : registry_.types()) all.push_back(type);
    return all;
  }

 private:
  const Registry& registry_;
};

}  // namespace shunt
