// SPDX-License-Identifier: Apache-2.0
// endpoint_keeper.hpp: the one owner of the endpoint table of a running host. A thread of its own takes what discovery, fetching
// and health checks find out, hands pages to extractors and events to observers, and publishes pictures of the pool.
//
//   keeper.post([&] { keeper.put_endpoints("pool.yaml", std::move(found)); });
//
// Everything but post(), pictures(), live(), start() and stop() is for the keeper's own thread only.
#pragma once

#include <shunt/abi/observer.h>
#include <shunt/framework/endpoint_table.hpp>
#include <shunt/framework/extraction.hpp>
#include <shunt/framework/generation.hpp>
#include <shunt/framework/request.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "endpoints_file.hpp"
#include "live/clock.hpp"
#include "live/page_samples.hpp"
#include "live/pool_picture.hpp"

namespace shunt::host {

// Hears of endpoints that come and go. On the keeper's thread.
class EndpointListener {
 public:
  virtual ~EndpointListener() = default;
  virtual void endpoint_added(std::uint64_t key, const EndpointDefinition& endpoint) = 0;
  virtual void endpoint_removed(std::uint64_t key) = 0;
  // Another generation may want other pages. `canary`: one that decides for a share of the requests; may be nullptr, as either.
  virtual void generation_changed(const std::shared_ptr<const Generation>& generation,
                                  const std::shared_ptr<const Generation>& canary) = 0;
};

struct EndpointKeeperOptions {
  std::int64_t publish_interval_ns = 20'000'000;  // shortest time between two pictures
  std::int64_t stale_after_ns = 0;                // values that came with a page and are older are absent; 0: never
};

// What happens to values that extractors could not write, for counters and the log.
struct ExtractionReport {
  std::size_t extractors = 0;
  std::vector<ExtractionFailure> failures;
};

class EndpointKeeper {
 public:
  EndpointKeeper(std::shared_ptr<AttributeTable> attributes, const Clock& clock, EndpointKeeperOptions options);
  ~EndpointKeeper();
  EndpointKeeper(const EndpointKeeper&) = delete;
  EndpointKeeper& operator=(const EndpointKeeper&) = delete;

  void start();
  // Ends the thread; what was posted before has run.
  void stop();
  // Runs `work` on the keeper's thread. Any thread.
  void post(std::function<void()> work);
  // Likewise, and is over when this returns; throws what `work` does. Any other thread, while it runs.
  void run_now(std::function<void()> work);
  // Its thread's event loop, for timers and sockets of the data layer.
  boost::asio::io_context& context() { return context_; }
  const PictureSlot& pictures() const { return pictures_; }
  // Counters of what is under way. Any thread.
  LiveCounters& live() { return table_.live(); }

  // Publishes a picture at once, instead of within the interval.
  void publish_now();
  // Instances that were not in the one before first hear of every endpoint that exists. `kept` is one that may come back: its
  // instances go on hearing of endpoints, and of nothing else.
  void set_generation(std::shared_ptr<const Generation> generation, std::shared_ptr<const Generation> kept = nullptr);
  // One that decides for a share of the requests from now on, beside the other: its new instances first hear of every endpoint. It
  // ends with nullptr, or when it is set as the generation. Its instances write endpoint columns that no other instance writes.
  void set_canary(std::shared_ptr<const Generation> canary);
  const std::shared_ptr<const Generation>& generation() const { return generation_; }
  const EndpointTable& table() const { return table_; }
  // Listeners first hear of every endpoint that exists.
  void listen(EndpointListener& listener);

  // The complete list of what one source knows: what it no longer names goes away. A name that another source has already is
  // left to that one until it lets go of it. Whatever was not taken is told, in one message each.
  std::vector<std::string> put_endpoints(std::string_view source, const std::vector<EndpointEntry>& endpoints);

  // Hands a page, or the failure to fetch it, to the extractors.
  ExtractionReport extract(std::uint64_t key, const FetchedPage& page);
  // Of those that extractors were handed.
  const std::vector<SampledPage>& sampled_pages() const { return samples_.pages(); }
  // Health as checks see it; a change is told to observers.
  void set_health(std::uint64_t key, Health health, std::string_view problem);
  // That a page was fetched, or could not be: for people and counters.
  void note_fetch(std::uint64_t key, bool good, std::string_view problem);
  // An endpoint refused or broke a connection that carried a request: as a failed check.
  void note_failed_attempt(std::uint64_t key);
  // Called by the data layer to hear of those.
  void on_failed_attempt(std::function<void(std::uint64_t key)> hear) { hear_failed_ = std::move(hear); }

  // Events of one request, or of none; what observers publish is in the next picture.
  void deliver(const Generation& generation, std::span<const shunt_event> events, Request* request);

 private:
  struct Known {
    EndpointEntry entry;
    EndpointStatus status;
  };
  // An endpoint of a source that was not the first to name it.
  struct Waiting {
    std::string source;
    EndpointEntry entry;
  };

  // endpoint_keeper.cpp: the thread, events, pictures.
  void run();
  void change();
  void arm();
  void publish_soon();
  std::vector<shunt_event> endpoint_additions() const;
  void note_observers();
  std::int64_t oldest_ns(std::int64_t now_ns) const;
  std::optional<std::vector<std::uint64_t>> routable(const Snapshot& snapshot) const;
  void collect_statuses(const Snapshot& snapshot, std::int64_t now_ns);
  shunt_event event(std::uint32_t type, std::uint64_t key, std::string_view name) const;
  void tell(std::uint32_t type, std::uint64_t key, std::string_view name);

  // endpoint_sources.cpp: who there is.
  void add(std::uint64_t key, std::string_view source, const EndpointEntry& entry, std::vector<std::string>& refused);
  void renew(std::uint64_t key, Known& known, const EndpointEntry& entry, std::vector<std::string>& refused);
  void let_go(std::uint64_t key, std::vector<std::string>& refused);
  void write_attributes(std::uint64_t key, const EndpointEntry& entry, std::vector<std::string>& refused);
  void write_health(std::uint64_t key, Health health);

  const Clock& clock_;
  const EndpointKeeperOptions options_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  boost::asio::steady_timer timer_;
  std::thread thread_;
  PictureSlot pictures_;
  EndpointTable table_;
  const AttributeId healthy_;
  const AttributeId available_;
  const AttributeId draining_;
  std::shared_ptr<const Generation> generation_;
  std::shared_ptr<const Generation> kept_;
  std::shared_ptr<const Generation> canary_;
  bool observers_publish_ = false;
  std::map<std::uint64_t, Known> known_;  // by key: an order that is the same in every run
  std::map<std::uint64_t, std::vector<Waiting>> waiting_;
  PageSamples samples_;
  std::vector<EndpointListener*> listeners_;
  std::function<void(std::uint64_t)> hear_failed_;

  bool changed_ = false;  // since the newest picture
  bool soon_ = false;     // the timer stands for a change
  std::int64_t published_ns_ = 0;
  std::int64_t build_ns_ = 0;
  std::shared_ptr<const std::vector<EndpointStatus>> statuses_;
  std::int64_t statuses_ns_ = 0;
  std::uint64_t statuses_layout_ = 0;
  bool status_changed_ = false;
};

}  // namespace shunt::host
