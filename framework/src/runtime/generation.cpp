// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/generation.hpp>

#include "runtime/generation_builder.hpp"

#include <algorithm>

namespace shunt {

Generation::Generation(Config config, std::uint64_t number) : config_(std::move(config)), number_(number) {}
Generation::~Generation() = default;

const Instance* Generation::find_instance(std::string_view name) const noexcept {
  for (const auto& instance : instances_) {
    if (instance->name() == name) return instance.get();
  }
  return nullptr;
}

std::size_t Generation::profile_count() const noexcept { return plan_->profiles.size(); }

std::size_t Generation::deciding_profile_count() const noexcept { return plan_->deciding_profiles; }

std::string_view Generation::profile_name(std::uint32_t profile) const noexcept {
  return profile < plan_->profiles.size() ? std::string_view(plan_->profiles[profile].name) : std::string_view();
}

bool Generation::can_decide() const noexcept { return plan_->deciding_profiles != 0 && plan_->handler != SHUNT_NONE; }

std::vector<std::shared_ptr<const Library>> Generation::libraries() const {
  std::vector<std::shared_ptr<const Library>> all;
  for (const auto& instance : instances_) {
    if (std::ranges::find(all, instance->library()) == all.end()) all.push_back(instance->library());
  }
  return all;
}

std::shared_ptr<const Generation> build_generation(Config config, const Registry& registry,
                                                   const std::shared_ptr<AttributeTable>& attributes,
                                                   Diagnostics& diagnostics, const BuildOptions& options) {
  return GenerationBuilder(std::move(config), registry, attributes, diagnostics, options).build();
}

}  // namespace shunt
