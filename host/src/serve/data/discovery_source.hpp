// SPDX-License-Identifier: Apache-2.0
// discovery_source.hpp: what every source of endpoints has in common: it runs on the keeper's thread, has the blocking part done
// elsewhere, and keeps its last good answer.
#pragma once

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/helper_thread.hpp"
#include "endpoints_file.hpp"
#include "live/clock.hpp"
#include "live/data_layer_counts.hpp"

namespace shunt::host {

// Where sources live; it outlives them.
struct SourceSurroundings {
  boost::asio::io_context& context;
  const Clock& clock;
  DataLayerCounts& counts;
  // Takes the complete list of a source; says what of it was refused.
  std::function<std::vector<std::string>(std::string_view source, const std::vector<EndpointEntry>&)> put;
  // Called behind every answer, good or not.
  std::function<void()> answered = [] {};
};

class DiscoverySource {
 public:
  virtual ~DiscoverySource() = default;
  virtual void start() = 0;
  const DiscoveryStatus& status() const { return status_; }

 protected:
  DiscoverySource(SourceSurroundings& around, std::string name) : around_(around) {
    status_.source = std::move(name);
    around_.counts.set_source(status_);  // known from the beginning, so that others can wait for it
  }
  // The list stands from now on.
  void accept(const std::vector<EndpointEntry>& endpoints, std::size_t skipped);
  // The last good list goes on. People hear of it once.
  void fail(const std::string& problem);
  // The last good list is confirmed.
  void confirm();

  SourceSurroundings& around_;

 private:
  DiscoveryStatus status_;
};

}  // namespace shunt::host
