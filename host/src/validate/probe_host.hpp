// SPDX-License-Identifier: Apache-2.0
// probe_host.hpp: the fake host of the testing kit, made safe for many threads, which notes what a plugin does with the
// services, and from where.
#pragma once

#include <cstdint>
#include <shunt/testing/fake_host.hpp>
#include <string>
#include <vector>

namespace shunt::validate {

// What services saw since the last take.
struct ServiceNotes {
  std::vector<std::string> refused;           // "put_number() was refused: not finite"
  std::vector<std::string> misused;           // used where the ABI forbids it
  std::vector<std::string> missing_profiles;  // that create() asked for
  std::vector<std::string> missing_peers;     // likewise: "fine" for shunt.decider.draft/1
  std::uint64_t hot_log_lines = 0;            // log() in [hot, concurrent] functions
};

class ProbeHost {
 public:
  ProbeHost();
  ProbeHost(const ProbeHost&) = delete;
  ProbeHost& operator=(const ProbeHost&) = delete;

  testing::FakeHost& fake() { return fake_; }
  ServiceNotes take_notes();

 private:
  testing::FakeHost fake_;
};

// Stands around each call into the plugin: services that are used on a thread without one are used from a thread that the
// host did not call. While it counts, allocations of this thread count, those inside services excepted.
class PluginCall {
 public:
  explicit PluginCall(bool count_allocations = false);
  PluginCall(const PluginCall&) = delete;
  PluginCall& operator=(const PluginCall&) = delete;
  ~PluginCall();

  // Whether an exception has left a plugin's function in this process.
  static bool let_an_exception_out();

 private:
  int exceptions_;  // that were under way when it began
};

}  // namespace shunt::validate
