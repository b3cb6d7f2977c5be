// SPDX-License-Identifier: Apache-2.0
// crash_report.hpp: how a worker came to its end and which plugin is to blame, from what it has left behind.
//
//   CrashReport report = examine(*page, status);
//   console.message(report.sentence());
#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contain/worker_page.hpp"

namespace shunt::host {

enum class EndCause : std::uint8_t {
  Crash,   // a fault or abort()
  Hang,    // a call that did not return
  Exit,    // exit() or the like, in a plugin
  Killed,  // by a signal from outside: the system was out of memory, or somebody wanted it
  Ended    // orderly, though nobody had asked for it
};
std::string_view to_string(EndCause cause);

// A call of a plugin that was running.
struct PluginCall {
  std::int32_t thread = 0;
  std::string instance;  // empty: the library itself
  std::string type;
  std::string function;
  std::uint64_t generation = 0;  // 0: of one that was being built
  std::string library;
  std::string sha256;
};

struct CrashReport {
  EndCause cause = EndCause::Ended;
  int worker = 0;
  int process = 0;
  int status = 0;  // as wait(2) says it
  int signal = 0;
  std::string time;           // UTC
  std::uint64_t address = 0;  // that could not be accessed
  bool stack_overflow = false;
  std::optional<PluginCall> guilty;
  std::string guilty_because;      // how that is known
  std::vector<PluginCall> others;  // that were running at the time
  std::string bundle;              // folder; empty: none

  // "SIGSEGV", "it did not return".
  std::string reason() const;
  // One line for the log.
  std::string sentence() const;
  boost::json::object to_json() const;
};

// Of a worker that has ended; the page is its.
CrashReport examine(const WorkerPage& page, int status);

}  // namespace shunt::host
