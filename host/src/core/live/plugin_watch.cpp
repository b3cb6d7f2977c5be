// SPDX-License-Identifier: Apache-2.0
#include "live/plugin_watch.hpp"

#include <string>
#include <utility>

#include "live/log.hpp"

namespace shunt::host {

void PluginWatch::look() {
  const auto generation = host_.scheduler().current();
  const auto totals = host_.scheduler().plugin_totals(*generation);
  std::map<std::shared_ptr<CallCounts>, Told> told;  // of instances that are gone nothing is kept
  for (std::size_t i = 0; i < totals.size(); ++i) {
    const Instance& instance = *generation->instances()[i];
    Told& one = told[instance.ledger];
    if (const auto before = told_.find(instance.ledger); before != told_.end()) one = before->second;
    tell_of_faults(instance.name(), totals[i], one);
    tell_of_breaker(instance.name(), totals[i], one);
  }
  told_ = std::move(told);
}

void PluginWatch::tell_of_faults(const std::string& name, const Scheduler::PluginTotals& totals, Told& told) const {
  const std::uint64_t fresh = totals.faults - told.faults;
  if (fresh == 0) return;
  told.faults = totals.faults;
  log_limited(LogLevel::Warning, "plugin " + name,
              std::to_string(fresh) + " calls failed or had their answer corrected, " + std::to_string(totals.faults) +
                  " in all; /v1/decisions shows why");
}

// A breaker that has opened and closed between two looks has been open all the same.
void PluginWatch::tell_of_breaker(const std::string& name, const Scheduler::PluginTotals& totals, Told& told) const {
  const std::uint64_t opened = totals.opened - told.opened;
  if (opened != 0) {
    told.opened = totals.opened;
    if (!told.left_out) {
      log_limited(LogLevel::Warning, "circuit breaker of plugin " + name,
                  "open: too many calls failed or were slow; the plugin is not called for now, and the fallback of its "
                  "kind takes its place");
    }
    told.left_out = true;
  }
  if (!told.left_out || totals.breaker != BreakerState::Closed) return;
  told.left_out = false;
  log_limited(LogLevel::Info, "circuit breaker of plugin " + name,
              "closed: the plugin is called again; " + std::to_string(totals.skipped) + " calls were skipped in all");
}

}  // namespace shunt::host
