// SPDX-License-Identifier: Apache-2.0
// carry_over.hpp: which instances of a running generation serve in the next one as they are, so that what they have learned is
// not lost over a change elsewhere in the config.
#pragma once

#include <shunt/framework/generation.hpp>
#include <shunt/framework/instance.hpp>

#include <cstddef>
#include <memory>

namespace shunt {

class CarryOver {
 public:
  // `config` is that of the new generation and may grow meanwhile. All three outlive the object.
  CarryOver(std::shared_ptr<const Generation> previous, const Config& config, const Registry& registry);

  // The instance that plugin `index` of the new config keeps; nullptr where it has to be made.
  std::shared_ptr<Instance> find(std::size_t index) const;
  // The instance of the same name and type, whether or not it is kept; nullptr where there was none.
  const Instance* before(const PluginConfig& plugin) const;

 private:
  std::size_t position(const PluginConfig& plugin) const;

  const std::shared_ptr<const Generation> previous_;
  const Config& config_;
  const Registry& registry_;
  bool same_profiles_ = false;
};

}  // namespace shunt
