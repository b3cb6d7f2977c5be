// SPDX-License-Identifier: Apache-2.0
#include "runtime/carry_over.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <ranges>

namespace shunt {

CarryOver::CarryOver(std::shared_ptr<const Generation> previous, const Config& config, const Registry& registry)
    : previous_(std::move(previous)), config_(config), registry_(registry) {
  const auto deciding = [](const Config& of) {
    return of.profiles | std::views::filter([](const ProfileConfig& profile) { return !profile.is_shadow(); });
  };
  same_profiles_ = previous_ != nullptr && std::ranges::equal(deciding(previous_->config()), deciding(config_), {},
                                                              &ProfileConfig::name, &ProfileConfig::name);
}

// Instances and plugins of a generation are parallel.
std::size_t CarryOver::position(const PluginConfig& plugin) const {
  const auto& plugins = previous_->config().plugins;
  const auto found = std::ranges::find_if(
      plugins, [&plugin](const PluginConfig& other) { return other.name == plugin.name && other.type == plugin.type; });
  return static_cast<std::size_t>(found - plugins.begin());
}

const Instance* CarryOver::before(const PluginConfig& plugin) const {
  if (previous_ == nullptr) return nullptr;
  const std::size_t at = position(plugin);
  return at < previous_->instances().size() ? previous_->instances()[at].get() : nullptr;
}

std::shared_ptr<Instance> CarryOver::find(std::size_t index) const {
  if (previous_ == nullptr) return nullptr;
  const PluginConfig& plugin = config_.plugins[index];
  const std::size_t at = position(plugin);
  if (at >= previous_->instances().size()) return nullptr;
  const std::shared_ptr<Instance>& kept = previous_->instances()[at];
  const RegisteredType* registered = registry_.find(plugin.type);
  if (registered == nullptr || !registered->library->same_mapping(*kept->library())) return nullptr;
  if (previous_->config().plugins[at].effective_parameters != plugin.effective_parameters) return nullptr;
  if (kept->knows_profiles && !same_profiles_) return nullptr;
  // It holds pointers to those that it calls. References form no circle.
  const bool peers_stay = std::ranges::all_of(kept->peers, [this](const std::shared_ptr<Instance>& peer) {
    const auto again = std::ranges::find(config_.plugins, peer->name(), &PluginConfig::name);
    return again != config_.plugins.end() && find(static_cast<std::size_t>(again - config_.plugins.begin())) == peer;
  });
  return peers_stay ? kept : nullptr;
}

}  // namespace shunt
