// SPDX-License-Identifier: Apache-2.0
// live_host.hpp: a running host: the generation that decides, the pool it decides on, what is remembered and counted.
//
//   LiveHost host(workspace, settings, clock);
//   host.start();
//   std::unique_ptr<FrontDoor> door = host.open_front_door("http");   // one per thread
#pragma once

#include <shunt/framework/generation.hpp>
#include <shunt/framework/scheduler.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "contain/containment.hpp"
#include "live/canary/canary_out.hpp"
#include "live/clock.hpp"
#include "live/connection_counts.hpp"
#include "live/data_layer_counts.hpp"
#include "live/decision_ring.hpp"
#include "live/endpoint_keeper.hpp"
#include "live/front_door.hpp"
#include "live/part.hpp"
#include "live/request_counts.hpp"
#include "settings/host_settings.hpp"
#include "workspace.hpp"

namespace shunt::host {

class Desk;
class Mailbox;
class Reloader;
struct Letter;

class LiveHost {
 public:
  // `workspace` has the generation to begin with. The other two outlive the host.
  LiveHost(const Workspace& workspace, const HostSettings& settings, const Clock& clock);
  ~LiveHost();
  LiveHost(const LiveHost&) = delete;
  LiveHost& operator=(const LiveHost&) = delete;

  // Starts the keeper with the endpoints of the config; their first picture is there when this returns.
  void start();
  // Once all doors are closed: the keeper hears what they have left, and ends.
  void stop();

  // A door's way in, for one thread of it. `door` names it in metrics: "http". Lives no longer than the host. Any thread.
  std::unique_ptr<FrontDoor> open_front_door(std::string_view door);

  Scheduler& scheduler() { return scheduler_; }
  EndpointKeeper& keeper() { return keeper_; }
  // What decides for a share of the requests beside the current generation.
  CanarySlot& canaries() { return canaries_; }
  // That are not destroyed yet, the one that is kept for a rollback among them. A canary is none. Any thread.
  std::size_t older_generations() const;
  DecisionRing& decisions() { return decisions_; }
  const Clock& clock() const { return clock_; }
  // Before start(). What was lost before this process, and what is not loaded for it.
  void set_containment(Containment containment) { containment_ = std::move(containment); }
  const Containment& containment() const { return containment_; }
  // From the loss of the worker before until this one served; negative where none was lost. Any thread.
  double seconds_without_service() const { return seconds_without_service_.load(std::memory_order_relaxed); }
  void set_seconds_without_service(double seconds) {
    seconds_without_service_.store(seconds, std::memory_order_relaxed);
  }
  const HostSettings& settings() const { return settings_; }
  const RequestCounts& counts() const { return counts_; }
  // Written by the data layer; all zero where there is none.
  DataLayerCounts& data_layer_counts() const { return data_layer_counts_; }
  // Written by the HTTP door; all zero where there is none.
  ConnectionCounts& connection_counts() { return connection_counts_; }

  // What replaces the generation; nullptr where nothing does. Set before parts start.
  void set_reloader(Reloader* reloader) { reloader_ = reloader; }
  Reloader* reloader() const { return reloader_; }

  // Instances of the config that do not run because their library is in quarantine. Any thread.
  std::vector<LeftOutPlugin> left_out() const;
  void set_left_out(std::vector<LeftOutPlugin> plugins);

  // Before start(): a part that has a say in readiness.
  void add_part(const Part& part) { parts_.push_back(&part); }
  const std::vector<const Part*>& parts() const { return parts_; }
  // True where requests should be sent here; `why` says what is missing. Any thread.
  bool ready(std::string& why) const;
  // Every part has started.
  void set_started() { started_.store(true, std::memory_order_release); }

  void begin_draining() { draining_.store(true, std::memory_order_relaxed); }
  bool draining() const { return draining_.load(std::memory_order_relaxed); }
  // Requests that have been begun and not ended, over all doors.
  std::int64_t requests_under_way() const;

  // For desks.
  std::uint64_t next_number() { return next_number_.fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t seed() const { return seed_; }
  // Ids of decisions are numbers from here on, so that those of another run of the host are others.
  std::uint64_t decision_base() const { return decision_base_; }
  void wake_keeper(const std::shared_ptr<Mailbox>& mailbox);

 private:
  void sort_mail(const std::shared_ptr<Mailbox>& mailbox);
  void deliver(const Letter& letter, Mailbox& mailbox) noexcept;
  // Those in which something may still lie.
  std::vector<std::shared_ptr<Mailbox>> open_mailboxes() const;

  const HostSettings& settings_;
  const Clock& clock_;
  const std::uint64_t seed_;
  const std::uint64_t decision_base_;
  Scheduler scheduler_;
  CanarySlot canaries_;
  DecisionRing decisions_;
  RequestCounts counts_;
  mutable DataLayerCounts data_layer_counts_;
  ConnectionCounts connection_counts_;
  EndpointKeeper keeper_;
  Reloader* reloader_ = nullptr;
  mutable std::mutex left_out_mutex_;
  std::vector<LeftOutPlugin> left_out_;
  std::vector<const Part*> parts_;
  Containment containment_;
  std::atomic<double> seconds_without_service_{-1.0};
  std::atomic<bool> started_{false};
  std::atomic<bool> draining_{false};
  // Every deciding thread writes it for each request: on a cache line of its own.
  alignas(64) std::atomic<std::uint64_t> next_number_{0};
  alignas(64) mutable std::mutex desks_mutex_;
  std::vector<std::weak_ptr<Mailbox>> mailboxes_;  // a closed desk's lives until the keeper has sorted it
};

}  // namespace shunt::host
