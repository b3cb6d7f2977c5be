// SPDX-License-Identifier: Apache-2.0
// compose.hpp: a generation composed in code, without a config file.
//
//   Composition composition;
//   composition.library(Library::from_entry(shunt_entry_queue_scorer, "queue_scorer").value());
//   composition.plugin("queue-scorer", "queue").profile("default").use("queue", 2.0).use("max-score-picker");
//   auto generation = composition.build(attributes, diagnostics);
#pragma once

#include <shunt/framework/generation.hpp>

#include <boost/json/object.hpp>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace shunt {

// Builds the same tree that a file would hold, so that every check and default applies. Diagnostics name JSON pointers.
class Composition {
 public:
  Composition();
  // Makes a library's plugin types available.
  Composition& library(std::shared_ptr<const Library> library);
  // Adds an instance; the name defaults to the type.
  Composition& plugin(std::string_view type, std::string_view name = {}, boost::json::object parameters = {});
  // Starts a profile; use() adds references to it.
  Composition& profile(std::string_view name);
  Composition& use(std::string_view plugin_ref, double weight = 1.0, std::string_view on_error = {});
  // Makes the profile that was started last one that decides nothing, and is compared on every so many requests.
  Composition& shadow(std::uint32_t every, std::string_view of = {});
  // Sets any other member of the config's top level.
  Composition& set(std::string_view key, boost::json::value value);

  std::shared_ptr<const Generation> build(const std::shared_ptr<AttributeTable>& attributes, Diagnostics& diagnostics,
                                          const BuildOptions& options = {}) const;

 private:
  boost::json::object root_;
  std::vector<std::shared_ptr<const Library>> libraries_;
};

}  // namespace shunt
