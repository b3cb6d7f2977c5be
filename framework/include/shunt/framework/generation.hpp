// SPDX-License-Identifier: Apache-2.0
// generation.hpp: everything built from one config: instances, profiles, bindings. Immutable once built.
//
//   Diagnostics diagnostics;
//   auto generation = build_generation(config, registry, attributes, diagnostics);
//   if (!generation) std::cerr << render_text(diagnostics, false);
#pragma once

#include <shunt/framework/attribute.hpp>
#include <shunt/framework/config.hpp>
#include <shunt/framework/diagnostic.hpp>
#include <shunt/framework/registry.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shunt {

class Instance;
struct GenerationPlan;

class Generation {
 public:
  ~Generation();
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;

  std::uint64_t number() const noexcept { return number_; }
  // The config with every default filled in.
  const Config& config() const noexcept { return config_; }
  // In the order of the config, injected ones last.
  std::span<const std::shared_ptr<Instance>> instances() const noexcept { return instances_; }
  const Instance* find_instance(std::string_view name) const noexcept;
  // Shadows, which decide nothing, are the last ones.
  std::size_t profile_count() const noexcept;
  std::size_t deciding_profile_count() const noexcept;
  std::string_view profile_name(std::uint32_t profile) const noexcept;
  // False when the config has no profile, as with a swapper only: such a generation decides nothing.
  bool can_decide() const noexcept;
  // The libraries that the instances come from, each once.
  std::vector<std::shared_ptr<const Library>> libraries() const;
  const GenerationPlan& plan() const noexcept { return *plan_; }

 private:
  friend class GenerationBuilder;
  Generation(Config config, std::uint64_t number);
  Config config_;
  std::uint64_t number_;
  std::vector<std::shared_ptr<Instance>> instances_;
  std::unique_ptr<GenerationPlan> plan_;
};

// The next one will have the number after this one: for a process that goes on where another one ended.
void start_generations_behind(std::uint64_t number) noexcept;

// How a generation comes to be in place of another one.
struct BuildOptions {
  // The one that is running: its instances are carried over where type, name, parameters and the library's bytes are the same,
  // and where the instances that they call are carried over too. nullptr: everything is made anew.
  std::shared_ptr<const Generation> previous = nullptr;
};

// Builds a generation from a resolved config: injects default producers, creates every instance, binds columns, orders
// producers. On failure returns nullptr, has destroyed what it made, and `diagnostics` holds every problem with its position.
// New attributes, of the config and of its plugins, are added to `attributes` on success only: a refused config leaves
// nothing behind. Refuses a config that resolve_config() has refused.
std::shared_ptr<const Generation> build_generation(Config config, const Registry& registry,
                                                   const std::shared_ptr<AttributeTable>& attributes,
                                                   Diagnostics& diagnostics, const BuildOptions& options = {});

}  // namespace shunt
