// SPDX-License-Identifier: Apache-2.0
// plugin_watch.hpp: tells the log of plugins whose calls fail. Calls themselves only count: logging belongs off the decision path.
//
//   PluginWatch watch(host);
//   while (!termination.wait(tick)) watch.look();
#pragma once

#include <cstdint>
#include <vector>

#include "live/live_host.hpp"

namespace shunt::host {

// One thread.
class PluginWatch {
 public:
  explicit PluginWatch(LiveHost& host) : host_(host) {}
  // Logs every instance with faults since the last look, within the limits of log_limited().
  void look();

 private:
  LiveHost& host_;
  std::uint64_t generation_ = 0;
  std::vector<std::uint64_t> faults_;  // by instance, already told
};

}  // namespace shunt::host
