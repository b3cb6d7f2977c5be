// SPDX-License-Identifier: Apache-2.0
// event_feed.hpp: what /v1/events says, as the text of server-sent events. Built once for all clients, and not at all where there
// are none.
//
//   hello      once: version, bounds of the histograms
//   profiles, plugins   at the beginning, when the generation changes; plugins also every few seconds
//   endpoints  at the beginning, and at most every second when anything has changed
//   counters   every second
//   decisions  twice a second: the newest, and how many there were in between
#pragma once

#include <cstdint>
#include <string>

#include "live/live_host.hpp"

namespace shunt::host {

// One thread.
class EventFeed {
 public:
  // Decisions of one event. More than that nobody can read.
  static constexpr std::size_t kMostDecisions = 40;
  // Ticks are half a second apart.
  static constexpr int kTicksPerSecond = 2;

  explicit EventFeed(LiveHost& host) : host_(host) {}

  // What a new client has to know.
  std::string greeting();
  // What has changed since the last tick; empty where nothing has.
  std::string tick();
  // To be called instead of tick() while there is no client.
  void skip();

 private:
  std::string hello() const;
  std::string profiles() const;
  std::string plugins() const;
  std::string endpoints() const;
  std::string counters() const;
  std::string decisions(std::uint64_t after) const;

  LiveHost& host_;
  std::uint64_t ticks_ = 0;
  std::uint64_t generation_ = 0;
  std::uint64_t last_decision_ = 0;
  std::string last_endpoints_;
};

}  // namespace shunt::host
