// SPDX-License-Identifier: Apache-2.0
// config_watch.hpp: tells when the config file of a running host, or a library that it uses, has become another one.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "live/file_watch.hpp"
#include "workspace.hpp"

namespace shunt::host {

// One thread: that of `context`.
class ConfigWatch {
 public:
  ConfigWatch(boost::asio::io_context& context, std::function<void()> changed);

  // A reload is about to read the files: only what changes from now on is another change.
  void begin();
  // The files of this config, which runs now. Whether they are watched at all, it says itself.
  void follow(const std::string& config_file, const Workspace& workspace);

 private:
  using Contents = std::map<std::filesystem::path, std::string>;  // SHA-256 by file; empty: it cannot be read

  void look();
  void wait(std::chrono::milliseconds time);
  Contents contents() const;

  boost::asio::steady_timer timer_;
  FileWatch files_;
  const std::function<void()> changed_;
  std::vector<std::filesystem::path> watched_;
  Contents known_;  // what the last reload has read
  Contents seen_;   // at the last look: a change counts when two looks have found the same
  std::chrono::milliseconds settle_{200};
  std::chrono::milliseconds poll_{10'000};
  bool on_ = false;
};

}  // namespace shunt::host
