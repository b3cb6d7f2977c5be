// SPDX-License-Identifier: Apache-2.0
#include "data/dns_source.hpp"

#include <boost/asio/post.hpp>

#include <chrono>

namespace shunt::host {
namespace {

constexpr std::int64_t kMs = 1'000'000;

}  // namespace

DnsSource::DnsSource(SourceSurroundings& around, HelperThread& helper, Resolver& resolver,
                     const DnsDiscoverySettings& settings)
    : DiscoverySource(around, source_name(settings)),
      helper_(helper),
      resolver_(resolver),
      settings_(settings),
      schedule_(fetch_seed(0, status().source), settings.interval_ms * kMs, settings.interval_ms * kMs),
      timer_(around.context) {}

void DnsSource::start() { ask(); }

void DnsSource::ask() {
  around_.counts.dns_questions.fetch_add(1, std::memory_order_relaxed);
  helper_.post(
      [this, &resolver = resolver_, settings = settings_, &context = around_.context, alive = std::weak_ptr(alive_)] {
        DnsEndpoints answer = resolve_endpoints(resolver, settings);
        boost::asio::post(context, [this, alive, answer = std::move(answer)] {
          if (!alive.expired()) got(answer);
        });
      });
}

void DnsSource::got(const DnsEndpoints& answer) {
  if (answer.good) {
    std::vector<std::string> names;
    for (const EndpointEntry& entry : answer.endpoints) names.push_back(entry.definition.name);
    if (has_list_ && names == last_) {
      confirm();
    } else {
      accept(answer.endpoints, 0);
      last_ = std::move(names);
      has_list_ = true;
    }
  } else {
    around_.counts.dns_failures.fetch_add(1, std::memory_order_relaxed);
    fail(answer.problem);
  }
  const std::int64_t now_ns = around_.clock.now_ns();
  timer_.expires_after(std::chrono::nanoseconds(schedule_.after_success(now_ns) - now_ns));
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& problem) {
    if (problem == boost::asio::error::operation_aborted || alive.expired()) return;
    ask();
  });
}

void ThreadedLookup::look_up(const std::string& host,
                             std::function<void(const Result<boost::asio::ip::address>&)> found) {
  counts_.dns_questions.fetch_add(1, std::memory_order_relaxed);
  helper_.post([host, found = std::move(found), &context = context_, &resolver = resolver_, &counts = counts_] {
    const AddressAnswer answer = resolver.addresses(host, AddressFamily::Any);
    Result<boost::asio::ip::address> result =
        Error{ErrorKind::Config, "E101",
              "\"" + host + "\": " + (answer.problem.empty() ? "it has no address" : answer.problem)};
    if (!answer.addresses.empty())
      result = answer.addresses.front();
    else
      counts.dns_failures.fetch_add(1, std::memory_order_relaxed);
    boost::asio::post(context, [found, result = std::move(result)] { found(result); });
  });
}

}  // namespace shunt::host
