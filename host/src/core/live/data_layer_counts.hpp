// SPDX-License-Identifier: Apache-2.0
// data_layer_counts.hpp: what the data layer has done so far, counted on its thread and read by any other.
//
//   counts.fetches[static_cast<std::size_t>(FetchResult::TimedOut)].load(std::memory_order_relaxed)
//   for (const DiscoveryStatus& source : counts.sources()) ...
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "live/request_counts.hpp"

namespace shunt::host {

// How a fetch of a page, or a health check, ended.
enum class FetchResult : std::uint8_t {
  Good,        // status 200 to 299
  Status,      // another status
  Refused,     // no connection came about
  Unresolved,  // the host of the address has no IP address
  Tls,         // the TLS handshake failed
  TimedOut,    //
  Broken,      // the connection ended before the response did
  Malformed,   // what came is not HTTP
  TooLarge     // the response exceeds the limit for pages
};
inline constexpr std::size_t kFetchResults = 9;

// As the label `result` of metrics spells it.
constexpr std::string_view to_string(FetchResult result) {
  constexpr std::array<std::string_view, kFetchResults> kNames = {
      "good", "status", "refused", "unresolved", "tls", "timed-out", "broken", "malformed", "too-large"};
  return kNames[static_cast<std::size_t>(result)];
}

// What one file or DNS name has said last.
struct DiscoveryStatus {
  std::string source;              // the path, the name
  bool good = false;               // the last answer could be used
  std::string problem;             // why not; the last good list stays in use then
  std::size_t endpoints = 0;       // in the last good list
  std::size_t skipped = 0;         // entries of it that were wrong
  std::int64_t last_good_ns = 0;   // on the clock of now_ns; 0: never
  std::uint64_t good_answers = 0;  // so far
  std::uint64_t failures = 0;
};

struct DataLayerCounts {
  std::array<std::atomic<std::uint64_t>, kFetchResults> fetches{};        // of pages, by FetchResult
  std::array<std::atomic<std::uint64_t>, kFetchResults> health_checks{};  // likewise
  std::atomic<std::uint64_t> page_bytes{0};                               // of response bodies
  std::atomic<std::uint64_t> connections{0};                              // opened
  std::atomic<std::uint64_t> retries{0};  // once again, because a kept connection turned out to be closed
  std::atomic<std::uint64_t> back_offs{0};
  std::atomic<std::uint64_t> extraction_failures{0};  // pages that an extractor complained about
  std::atomic<std::uint64_t> became_healthy{0};
  std::atomic<std::uint64_t> became_unhealthy{0};
  std::atomic<std::uint64_t> discovery_failures{0};  // answers that could not be used
  std::atomic<std::uint64_t> discovery_skipped{0};   // single entries
  std::atomic<std::uint64_t> dns_questions{0};
  std::atomic<std::uint64_t> dns_failures{0};
  std::atomic<std::uint64_t> endpoints{0};  // asked at present
  LatencyHistogram fetch_duration;          // of good ones

  // Sources in the order of the config.
  std::vector<DiscoveryStatus> sources() const {
    const std::lock_guard lock(mutex_);
    return sources_;
  }
  void set_source(DiscoveryStatus status) {
    const std::lock_guard lock(mutex_);
    for (DiscoveryStatus& known : sources_) {
      if (known.source != status.source) continue;
      known = std::move(status);
      return;
    }
    sources_.push_back(std::move(status));
  }

 private:
  mutable std::mutex mutex_;
  std::vector<DiscoveryStatus> sources_;
};

}  // namespace shunt::host
