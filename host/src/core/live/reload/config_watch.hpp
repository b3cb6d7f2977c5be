// SPDX-License-Identifier: Apache-2.0
// config_watch.hpp: tells when the config file of a running host, or a library that it uses, has become another one.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
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
  // `try_again`: the last reload was refused for a reason that may pass, so it is asked for at each poll.
  void follow(const std::string& config_file, const Workspace& workspace, bool try_again);
  // Before the first follow(): what the worker before has looked at, and has put in force, refused or taken back, is no change as
  // long as it stands there.
  void take_over(const std::filesystem::path& file);
  // The other half: leaves that to the worker that may come.
  void hand_on(const std::filesystem::path& file) const;

 private:
  struct Stamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
    std::string sha256;
    bool settled = false;  // it was old enough when it was read that it cannot have changed without another stamp
    bool same_file(const Stamp& other) const {
      return device == other.device && inode == other.inode && size == other.size && seconds == other.seconds &&
             nanoseconds == other.nanoseconds;
    }
  };
  // SHA-256 by file, and for a library who may write to it; empty: it cannot be read.
  using Contents = std::map<std::filesystem::path, std::string>;

  void look();
  void stir();
  void watch();
  void wait(std::chrono::milliseconds time, bool soon);
  Contents contents();
  std::string content(const std::filesystem::path& file);
  std::string sha256_of(const std::filesystem::path& file);

  boost::asio::steady_timer timer_;
  FileWatch files_;
  const std::function<void()> changed_;
  std::filesystem::path config_file_;
  std::vector<std::filesystem::path> libraries_;  // of the config that runs
  std::vector<std::filesystem::path> folders_;    // in which libraries are looked for
  std::map<std::filesystem::path, Stamp> stamps_;
  Contents known_;  // what the last reload has read
  Contents taken_over_;
  Contents seen_;  // at the last look: a change counts when two looks have found the same
  std::chrono::milliseconds settle_{200};
  std::chrono::milliseconds poll_{10'000};
  bool on_ = false;
  bool try_again_ = false;
  bool take_over_try_ = false;  // the worker before was going to try again
  bool soon_ = false;           // the timer stands for a look that something has asked for
};

}  // namespace shunt::host
