// SPDX-License-Identifier: Apache-2.0
// plugin_watch.hpp: tells the log of plugins whose calls fail, and of those that are not called any more. Calls themselves only
// count: logging belongs off the decision path.
//
//   PluginWatch watch(host);
//   while (!termination.wait(tick)) watch.look();
#pragma once

#include <shunt/framework/instance.hpp>

#include <cstdint>
#include <map>
#include <memory>

#include "live/live_host.hpp"

namespace shunt::host {

// One thread.
class PluginWatch {
 public:
  explicit PluginWatch(LiveHost& host) : host_(host) {}
  // Logs every instance with faults since the last look, and whose breaker has opened or closed, within the limits of
  // log_limited().
  void look();

 private:
  // What has been told of an instance, and of those that have followed it: they count in one ledger.
  struct Told {
    std::uint64_t faults = 0;
    std::uint64_t opened = 0;
    bool left_out = false;
  };
  void tell_of_faults(const std::string& name, const Scheduler::PluginTotals& totals, Told& told) const;
  void tell_of_breaker(const std::string& name, const Scheduler::PluginTotals& totals, Told& told) const;

  LiveHost& host_;
  std::map<std::shared_ptr<CallCounts>, Told> told_;
};

}  // namespace shunt::host
