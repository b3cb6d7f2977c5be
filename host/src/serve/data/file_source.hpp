// SPDX-License-Identifier: Apache-2.0
// file_source.hpp: endpoints from a file that may change at any time and in any way.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "data/discovery_file.hpp"
#include "data/discovery_source.hpp"
#include "live/file_watch.hpp"
#include "settings/endpoint_settings.hpp"

namespace shunt::host {

class FileSource final : public DiscoverySource {
 public:
  struct Pace {
    // For changes that nobody tells of: on bind mounts and network file systems.
    std::chrono::milliseconds poll{5'000};
    // A changed file counts once it has stayed the same for so long: half a file is often a valid one.
    std::chrono::milliseconds settle{50};
  };

  // `helper` and `watch` are gone before this is.
  FileSource(SourceSurroundings& around, HelperThread& helper, FileWatch& watch, const FileDiscoverySettings& settings,
             Pace pace);
  ~FileSource() override;
  void start() override;

 private:
  struct Reading;
  void look();
  void got(Reading reading);
  void parse(std::string text);
  void wait(std::chrono::milliseconds pause);

  HelperThread& helper_;
  FileWatch& watch_;
  const FileDiscoverySettings settings_;
  const Pace pace_;
  boost::asio::steady_timer timer_;
  bool busy_ = false;   // the helper is at it
  bool again_ = false;  // something happened meanwhile
  bool unreadable_ = false;
  std::optional<std::string> seen_;       // text that was last judged
  std::string seen_problem_;              // what was wrong with it
  std::optional<std::string> candidate_;  // text that has to stay the same
  std::chrono::steady_clock::time_point candidate_since_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace shunt::host
