// SPDX-License-Identifier: Apache-2.0
// page_fetching.hpp: keeps fetching from all endpoints there are, what the present generation wants.
#pragma once

#include <shunt/framework/extraction.hpp>

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "data/endpoint_fetcher.hpp"
#include "live/endpoint_keeper.hpp"

namespace shunt::host {

// One thread: that of `context`.
class PageFetching final : public EndpointListener {
 public:
  struct Options {
    boost::asio::io_context& context;
    const Clock& clock;
    HostLookup& lookup;
    DataLayerCounts& counts;
    UpstreamAccess access;
    DataLayerSettings settings;
  };
  PageFetching(Options options, FetchResults& results);
  ~PageFetching() override;

  void endpoint_added(std::uint64_t key, const EndpointDefinition& endpoint) override;
  void endpoint_removed(std::uint64_t key) override;
  void generation_changed(const std::shared_ptr<const Generation>& generation,
                          const std::shared_ptr<const Generation>& canary) override;
  void want(std::vector<PageRequest> pages);
  void attempt_failed(std::uint64_t key);
  // Drops everything; what is told afterwards means nothing.
  void stop();

 private:
  void sleep();

  const DataLayerSettings settings_;
  FetchResults& results_;
  TimerWheel wheel_;
  SocketPoll poll_;
  FetchSurroundings surroundings_;
  std::vector<PageRequest> pages_;
  std::unordered_map<std::uint64_t, std::unique_ptr<EndpointFetcher>> endpoints_;
  boost::asio::steady_timer timer_;
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);  // for a timer that fires too late
  bool sleeping_ = false;
  bool stopped_ = false;
};

// Pages that can be asked for, none more often than allowed. Those that cannot become messages.
std::vector<PageRequest> fetchable(std::vector<PageRequest> pages, std::int64_t minimum_interval_ns,
                                   std::vector<std::string>& problems);

}  // namespace shunt::host
