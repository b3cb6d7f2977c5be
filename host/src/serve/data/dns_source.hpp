// SPDX-License-Identifier: Apache-2.0
// dns_source.hpp: endpoints from a DNS name, asked for again and again.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include <memory>

#include "data/discovery_source.hpp"
#include "data/dns_endpoints.hpp"
#include "data/fetch_schedule.hpp"
#include "data/fetch_surroundings.hpp"

namespace shunt::host {

class DnsSource final : public DiscoverySource {
 public:
  // `helper` is gone before this is; `resolver` is used on its thread.
  DnsSource(SourceSurroundings& around, HelperThread& helper, Resolver& resolver, const DnsDiscoverySettings& settings);
  void start() override;

 private:
  void ask();
  void got(const DnsEndpoints& answer);

  HelperThread& helper_;
  Resolver& resolver_;
  const DnsDiscoverySettings settings_;
  FetchSchedule schedule_;
  boost::asio::steady_timer timer_;
  std::vector<std::string> last_;  // names of the list that stands
  bool has_list_ = false;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

// Addresses of hosts, by the same resolver.
class ThreadedLookup final : public HostLookup {
 public:
  ThreadedLookup(boost::asio::io_context& context, HelperThread& helper, Resolver& resolver, DataLayerCounts& counts)
      : context_(context), helper_(helper), resolver_(resolver), counts_(counts) {}
  void look_up(const std::string& host, std::function<void(const Result<boost::asio::ip::address>&)> found) override;

 private:
  boost::asio::io_context& context_;
  HelperThread& helper_;
  Resolver& resolver_;
  DataLayerCounts& counts_;
};

}  // namespace shunt::host
