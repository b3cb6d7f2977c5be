// SPDX-License-Identifier: Apache-2.0
// part.hpp: a part of a running host with threads or sockets of its own: the admin listener, the data layer, a front door.
// Which parts there are is decided where the program is put together; the core knows none of the optional ones.
#pragma once

#include <shunt/framework/error.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "settings/host_settings.hpp"

namespace shunt::host {

class LiveHost;

// Called by the main thread, in this order: start, settle, drain, stop.
class Part {
 public:
  virtual ~Part() = default;
  virtual std::string_view name() const = 0;
  // Begins. An error ends the program; it says what was tried.
  virtual Result<void> start() = 0;
  // Returns when there is what parts that are started later need from this one, at the latest after `limit`.
  virtual void settle(std::chrono::milliseconds limit) { (void)limit; }
  // True where requests can be served as far as this part goes; `why` says why not.
  virtual bool ready(std::string& why) const = 0;
  // Takes no new work and returns at once.
  virtual void drain() {}
  // The same where another process serves on the same sockets: it takes no new connection either.
  virtual void hand_over() { drain(); }
  // True once everything that was under way has ended.
  virtual bool drained() const { return true; }
  // Ends what is left, and its threads.
  virtual void stop() = 0;
  // "http://127.0.0.1:8080", where it listens; empty where it does not.
  virtual std::string address() const { return {}; }
};

// Makes a part where the config asks for it; nullptr where it does not. The host and the settings outlive the part.
using PartFactory = std::function<std::unique_ptr<Part>(LiveHost& host, const HostSettings& settings)>;

}  // namespace shunt::host
