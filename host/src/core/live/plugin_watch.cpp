// SPDX-License-Identifier: Apache-2.0
#include "live/plugin_watch.hpp"

#include <shunt/framework/instance.hpp>

#include <string>

#include "live/log.hpp"

namespace shunt::host {

void PluginWatch::look() {
  const auto generation = host_.scheduler().current();
  if (generation->number() != generation_) {
    generation_ = generation->number();
    faults_.clear();
  }
  const auto totals = host_.scheduler().plugin_totals(*generation);
  faults_.resize(totals.size());
  for (std::size_t i = 0; i < totals.size(); ++i) {
    const std::uint64_t fresh = totals[i].faults - faults_[i];
    if (fresh == 0) continue;
    faults_[i] = totals[i].faults;
    log_limited(LogLevel::Warning, "plugin " + generation->instances()[i]->name(),
                std::to_string(fresh) + " calls failed or had their answer corrected, " +
                    std::to_string(totals[i].faults) + " in this generation; /v1/decisions shows why");
  }
}

}  // namespace shunt::host
