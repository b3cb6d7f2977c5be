// SPDX-License-Identifier: Apache-2.0
// generation_builder.hpp: from a resolved config to a generation: instances, default producers, plan.
#pragma once

#include <shunt/framework/generation.hpp>
#include <shunt/framework/instance.hpp>

#include "runtime/attribute_stage.hpp"
#include "runtime/carry_over.hpp"
#include "runtime/generation_plan.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct shunt_init;

namespace shunt {

class GenerationBuilder {
 public:
  GenerationBuilder(Config config, const Registry& registry, std::shared_ptr<AttributeTable> attributes,
                    Diagnostics& diagnostics, const BuildOptions& options);
  std::shared_ptr<const Generation> build();

  // For create(): the interface of another instance, which is created first if need be.
  std::int32_t find_peer(shunt_init& init, std::string_view plugin_ref, std::string_view interface_id,
                         const void** table, void** self, std::uint32_t* slot);
  std::uint32_t profile_index(std::string_view name) const;
  // nullptr from profile_count() on.
  const std::string* profile_name(std::uint32_t index) const {
    return index < profile_count() ? &config_.profiles[index].name : nullptr;
  }
  // Of those that a handler may run, which come first.
  std::uint32_t profile_count() const;

 private:
  enum class Progress : std::uint8_t { Waiting, Running, Done, Failed };

  // Creates config_.plugins[index] unless that was done or tried; nullptr when it failed.
  std::shared_ptr<Instance> create(std::size_t index);
  std::optional<LibraryUse> start_library(const RegisteredType& registered, const PluginConfig& plugin);
  bool take_interfaces(Instance& instance, const PluginConfig& plugin);
  // What resolve_config() would have found: a caller may have gone on in spite of it.
  void check_resolved();
  void check_single_instances();
  bool inject_default_producers();
  void keep_shadow_counts(GenerationPlan& plan) const;
  bool inject_producer_of(std::string_view name, const Instance& reader);
  void declare_attributes();
  std::string place_of_complaint(const PluginConfig& plugin, std::string_view text) const;
  void diagnose(const PluginConfig& plugin, std::string_view code, std::string message, std::string suggestion = {});

  Config config_;
  const Registry& registry_;
  std::shared_ptr<AttributeTable> attributes_;
  AttributeStage stage_;
  const std::shared_ptr<const Generation> previous_;
  const CarryOver carry_over_;
  Diagnostics& diagnostics_;
  std::vector<LibraryUse> uses_;  // longer than the instances: a library is not ended between two of them
  std::vector<std::shared_ptr<Instance>> instances_;  // parallel to config_.plugins
  std::vector<Progress> progress_;
  std::vector<std::string> creating_;  // names on the way, for circles
};

}  // namespace shunt
