// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/instance.hpp>

#include "runtime/reclaimer.hpp"
#include "scheduling/hash.hpp"

namespace shunt {

Instance::Instance(std::shared_ptr<const Library> library, const shunt_plugin* plugin, std::string name)
    : library_(std::move(library)),
      plugin_(plugin),
      name_(std::move(name)),
      type_(plugin->type.data, plugin->type.len),
      name_hash_(hash_bytes(name_)),
      mark_(library_->mark(), name_, type_) {}

Instance::~Instance() {
  if (!created_) return;
  Reclaimer::process().flush(this);
  const CallMark mark(mark_, PluginFunction::Destroy);
  plugin_->destroy(self_);
}

}  // namespace shunt
