// SPDX-License-Identifier: Apache-2.0
// fleet.hpp: all servers of the program, spread over its threads.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "sim_server.hpp"
#include "sim_settings.hpp"

namespace shunt::sim {

class Fleet {
 public:
  explicit Fleet(const SimSettings& settings);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // Throws std::runtime_error that names the address.
  void listen();
  void start();
  void stop();

  std::span<const std::unique_ptr<SimServer>> servers() const { return servers_; }
  SimServer* find(std::string_view name) const;
  // Empty where there is none.
  std::string control_address() const { return control_ ? control_->address() : std::string(); }

 private:
  const SimSettings& settings_;
  std::vector<std::unique_ptr<boost::asio::io_context>> contexts_;
  // A thread goes on even while all of its servers refuse connections.
  std::vector<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> guards_;
  std::vector<std::unique_ptr<SimServer>> servers_;
  std::unique_ptr<SimServer> control_;
  std::vector<std::jthread> threads_;
};

}  // namespace shunt::sim
