// SPDX-License-Identifier: Apache-2.0
#include "data/page_fetching.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

namespace shunt::host {
namespace {

// How long an answer waits until it is read, at most.
constexpr std::int64_t kTickNs = 10'000'000;
constexpr std::size_t kSlots = 1024;

bool printable(std::string_view text, bool with_blanks) {
  return std::ranges::all_of(text, [&](char c) { return (c > ' ' && c < '\x7f') || (with_blanks && c == ' '); });
}

}  // namespace

std::vector<PageRequest> fetchable(std::vector<PageRequest> pages, std::int64_t minimum_interval_ns,
                                   std::vector<std::string>& problems) {
  std::erase_if(pages, [&](const PageRequest& page) {
    // A plugin's words go into a request: they must not become a second one.
    const bool good =
        page.path.starts_with('/') && printable(page.path, false) && printable(page.accept, true) && page.port <= 65535;
    if (!good) problems.push_back("a page that a plugin wants cannot be fetched: path, port or Accept is not valid");
    return !good;
  });
  for (PageRequest& page : pages) page.interval_ns = std::max(page.interval_ns, minimum_interval_ns);
  return pages;
}

PageFetching::PageFetching(Options options, FetchResults& results)
    : settings_(std::move(options.settings)),
      results_(results),
      wheel_(options.clock.now_ns(), kTickNs, kSlots),
      surroundings_{.clock = options.clock,
                    .wheel = wheel_,
                    .poll = poll_,
                    .lookup = options.lookup,
                    .counts = options.counts,
                    .access = std::move(options.access),
                    .page_bytes = settings_.page_bytes},
      timer_(options.context) {}

PageFetching::~PageFetching() { stop(); }

void PageFetching::stop() {
  stopped_ = true;
  timer_.cancel();
  endpoints_.clear();
}

void PageFetching::endpoint_added(std::uint64_t key, const EndpointDefinition& endpoint) {
  if (stopped_) return;
  auto& fetcher = endpoints_[key];
  fetcher = std::make_unique<EndpointFetcher>(surroundings_, settings_, results_, key, endpoint);
  fetcher->want(pages_);
  surroundings_.counts.endpoints.store(endpoints_.size(), std::memory_order_relaxed);
  sleep();
}

void PageFetching::endpoint_removed(std::uint64_t key) {
  endpoints_.erase(key);
  surroundings_.counts.endpoints.store(endpoints_.size(), std::memory_order_relaxed);
}

void PageFetching::generation_changed(const std::shared_ptr<const Generation>& generation,
                                      const std::shared_ptr<const Generation>& canary) {
  want(generation ? pages_wanted(*generation, canary.get()) : std::vector<PageRequest>());
}

void PageFetching::want(std::vector<PageRequest> pages) {
  if (stopped_) return;
  std::vector<std::string> problems;
  pages_ = fetchable(std::move(pages), settings_.minimum_interval_ms * 1'000'000, problems);
  for (const std::string& problem : problems) spdlog::error("{}", problem);
  for (const auto& [key, fetcher] : endpoints_) fetcher->want(pages_);
  sleep();
}

void PageFetching::attempt_failed(std::uint64_t key) {
  if (const auto found = endpoints_.find(key); found != endpoints_.end()) found->second->attempt_failed();
  sleep();
}

// Tick by tick while anything is armed: what is armed meanwhile never has to wake it earlier.
void PageFetching::sleep() {
  if (sleeping_ || stopped_ || !wheel_.next_ns()) return;
  sleeping_ = true;
  timer_.expires_after(std::chrono::nanoseconds(kTickNs));
  timer_.async_wait([this, alive = std::weak_ptr<const bool>(alive_)](const boost::system::error_code&) {
    if (alive.expired() || stopped_) return;
    sleeping_ = false;
    poll_.poll();  // what was in time is read before it is found to be late
    wheel_.advance(surroundings_.clock.now_ns());
    sleep();
  });
}

}  // namespace shunt::host
