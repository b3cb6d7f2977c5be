// SPDX-License-Identifier: Apache-2.0
// service_manager.hpp: tells the service manager that started this process how it is doing: the datagrams that sd_notify(3)
// describes and asks programs to send themselves where they do not link systemd's library.
//
//   ServiceManager manager = ServiceManager::of_process();
//   manager.notify("READY=1");
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace shunt::host {

class ServiceManager {
 public:
  // `socket`: path, or @ and a name in the abstract namespace; empty: there is no manager, and nothing is sent.
  ServiceManager(std::string socket, std::optional<std::chrono::microseconds> watchdog)
      : socket_(std::move(socket)), watchdog_(watchdog) {}
  // From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
  static ServiceManager of_process();

  // False where there is a manager and it could not be told.
  bool notify(std::string_view state) const;
  // With a descriptor, of which it gets a copy.
  bool notify(std::string_view state, int descriptor) const;
  // How often it wants to hear WATCHDOG=1 at least.
  const std::optional<std::chrono::microseconds>& watchdog() const { return watchdog_; }

 private:
  std::string socket_;
  std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace shunt::host
