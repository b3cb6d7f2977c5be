// SPDX-License-Identifier: Apache-2.0
#include "data/discovery_source.hpp"

#include "live/log.hpp"

namespace shunt::host {
namespace {

// Of a long list of refusals.
constexpr std::size_t kLogged = 20;

}  // namespace

void DiscoverySource::accept(const std::vector<EndpointEntry>& endpoints, std::size_t skipped) {
  const std::vector<std::string> refused = around_.put(status_.source, endpoints);
  for (std::size_t i = 0; i < refused.size() && i < kLogged; ++i) {
    log_limited(LogLevel::Warning, status_.source + " refusals", refused[i]);
  }
  if (refused.size() > kLogged) {
    log_limited(LogLevel::Warning, status_.source, std::to_string(refused.size() - kLogged) + " more are left out");
  }
  around_.counts.discovery_skipped.fetch_add(skipped, std::memory_order_relaxed);
  status_.endpoints = endpoints.size();
  status_.skipped = skipped;
  log_limited(LogLevel::Info, status_.source,
              std::to_string(endpoints.size()) + " endpoints" +
                  (skipped == 0 ? std::string() : ", " + std::to_string(skipped) + " entries skipped"));
  confirm();
}

void DiscoverySource::confirm() {
  if (!status_.problem.empty()) log_limited(LogLevel::Info, status_.source, "is well again");
  status_.good = true;
  status_.problem.clear();
  status_.last_good_ns = around_.clock.now_ns();
  ++status_.good_answers;
  around_.counts.set_source(status_);
  around_.answered();
}

void DiscoverySource::fail(const std::string& problem) {
  around_.counts.discovery_failures.fetch_add(1, std::memory_order_relaxed);
  if (status_.problem != problem) {
    const bool has_list = status_.last_good_ns != 0;
    log_limited(LogLevel::Error, status_.source,
                problem + "; " +
                    (has_list ? "the " + std::to_string(status_.endpoints) + " endpoints of its last good list stay"
                              : "it brings no endpoints so far"));
  }
  status_.good = false;
  status_.problem = problem;
  ++status_.failures;
  around_.counts.set_source(status_);
  around_.answered();
}

}  // namespace shunt::host
