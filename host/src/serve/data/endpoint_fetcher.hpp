// SPDX-License-Identifier: Apache-2.0
// endpoint_fetcher.hpp: everything that is fetched from one endpoint: the pages that extractors want, and its health.
#pragma once

#include <shunt/framework/endpoint_table.hpp>
#include <shunt/framework/extraction.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "data/fetch_lane.hpp"
#include "data/fetch_schedule.hpp"
#include "data/health_counter.hpp"
#include "live/endpoint_keeper.hpp"
#include "settings/data_layer_settings.hpp"

namespace shunt::host {

// Where results go. On the thread of the fetches.
class FetchResults {
 public:
  virtual ~FetchResults() = default;
  // A page, or with status 0 the failure to fetch it.
  virtual ExtractionReport page(std::uint64_t key, const FetchedPage& page) = 0;
  virtual void note(std::uint64_t key, bool good, std::string_view problem) = 0;
  virtual void health(std::uint64_t key, Health health, std::string_view problem) = 0;
};

class EndpointFetcher {
 public:
  // All but the definition outlive it.
  EndpointFetcher(FetchSurroundings& surroundings, const DataLayerSettings& settings, FetchResults& results,
                  std::uint64_t key, EndpointDefinition endpoint);
  ~EndpointFetcher();
  EndpointFetcher(const EndpointFetcher&) = delete;
  EndpointFetcher& operator=(const EndpointFetcher&) = delete;

  // From now on these, and no others. What goes on under the same port, path and Accept keeps its place in time.
  void want(const std::vector<PageRequest>& pages);
  // A request that was sent there failed: counts as a failed check, and is looked into at once.
  void attempt_failed();

 private:
  class Page;
  class HealthCheck;
  FetchLane& lane(std::uint32_t port);
  std::string request(std::string_view path, std::string_view accept, std::uint32_t port) const;

  FetchSurroundings& around_;
  const DataLayerSettings& settings_;
  FetchResults& results_;
  const std::uint64_t key_;
  const EndpointDefinition endpoint_;
  const std::string about_;  // it, in the log
  const HostPort address_;
  std::map<std::uint32_t, std::shared_ptr<FetchLane>> lanes_;  // by port; 0: the endpoint's own
  std::vector<std::unique_ptr<Page>> pages_;
  std::unique_ptr<HealthCheck> health_check_;
};

}  // namespace shunt::host
