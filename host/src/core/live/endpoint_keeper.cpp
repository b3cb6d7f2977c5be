// SPDX-License-Identifier: Apache-2.0
#include "live/endpoint_keeper.hpp"

#include <pthread.h>

#include <shunt/framework/event_delivery.hpp>
#include <shunt/framework/instance.hpp>
#include <shunt/framework/live_counters.hpp>

#include <spdlog/spdlog.h>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <future>
#include <limits>
#include <utility>

namespace shunt::host {

namespace asio = boost::asio;

namespace {

// Building pictures may take this share of the keeper's time: with very many endpoints they become rarer instead.
constexpr std::int64_t kBuildShare = 100;
constexpr std::int64_t kStatusIntervalNs = 500'000'000;
constexpr std::int64_t kIdleIntervalNs = 1'000'000'000;

}  // namespace

EndpointKeeper::EndpointKeeper(std::shared_ptr<AttributeTable> attributes, const Clock& clock,
                               EndpointKeeperOptions options)
    : clock_(clock),
      options_(options),
      guard_(asio::make_work_guard(context_)),
      timer_(context_),
      table_(std::move(attributes)),
      healthy_(*table_.attributes()->find("healthy")),
      available_(*table_.attributes()->find("available")),
      draining_(*table_.attributes()->find("draining")) {
  publish_now();
}

EndpointKeeper::~EndpointKeeper() { stop(); }

void EndpointKeeper::start() {
  thread_ = std::thread([this] { run(); });
  post([this] { arm(); });
}

void EndpointKeeper::stop() {
  if (!thread_.joinable()) return;
  post([this] { context_.stop(); });
  thread_.join();
}

void EndpointKeeper::post(std::function<void()> work) { asio::post(context_, std::move(work)); }

void EndpointKeeper::run_now(std::function<void()> work) {
  std::packaged_task<void()> task(std::move(work));
  post([&task] { task(); });
  task.get_future().get();
}

// A plugin cannot throw into the host, but memory can run out: the endpoints of tomorrow are worth going on for.
void EndpointKeeper::run() {
  pthread_setname_np(pthread_self(), "shunt-keeper");
  while (!context_.stopped()) {
    try {
      context_.run();
    } catch (const std::exception& error) {
      spdlog::error("endpoints: {}", error.what());
    }
  }
}

void EndpointKeeper::set_generation(std::shared_ptr<const Generation> generation,
                                    std::shared_ptr<const Generation> kept) {
  const std::shared_ptr<const Generation> before = std::exchange(generation_, std::move(generation));
  // What comes back, or has been tried out, has heard of every endpoint all along.
  const bool knows = generation_ != nullptr && (generation_ == kept_ || generation_ == canary_);
  kept_ = std::move(kept);
  if (generation_ == canary_) canary_ = nullptr;
  note_observers();
  const std::vector<shunt_event> events = endpoint_additions();
  if (generation_ != nullptr && !knows && !events.empty()) {
    deliver_events(*generation_, table_, events, {.except = before.get()});
  }
  for (EndpointListener* listener : listeners_) listener->generation_changed(generation_, canary_);
  change();
}

void EndpointKeeper::set_canary(std::shared_ptr<const Generation> canary) {
  canary_ = std::move(canary);
  note_observers();
  const std::vector<shunt_event> events = endpoint_additions();
  if (canary_ != nullptr && !events.empty()) {
    deliver_events(*canary_, table_, events,
                   {.current = generation_.get(), .except = generation_.get(), .beside = canary_.get()});
  }
  for (EndpointListener* listener : listeners_) listener->generation_changed(generation_, canary_);
  change();
}

std::vector<shunt_event> EndpointKeeper::endpoint_additions() const {
  std::vector<shunt_event> events;
  for (const auto& [key, known] : known_) {
    events.push_back(event(SHUNT_EVENT_ENDPOINT_ADDED, key, known.entry.definition.name));
  }
  return events;
}

void EndpointKeeper::note_observers() {
  const auto publish = [](const std::shared_ptr<const Generation>& generation) {
    return generation != nullptr && std::ranges::any_of(generation->instances(), [](const auto& instance) {
             return instance->observer != nullptr && !instance->endpoint_outputs.empty();
           });
  };
  observers_publish_ = publish(generation_) || publish(canary_);
}

void EndpointKeeper::listen(EndpointListener& listener) {
  listeners_.push_back(&listener);
  listener.generation_changed(generation_, canary_);
  for (const auto& [key, known] : known_) listener.endpoint_added(key, known.entry.definition);
}

ExtractionReport EndpointKeeper::extract(std::uint64_t key, const FetchedPage& page) {
  ExtractionReport report;
  if (generation_ == nullptr || !table_.contains(key)) return report;
  report.extractors = extract_page(*generation_, table_, page, report.failures);
  if (canary_ != nullptr) {
    report.extractors += extract_page(*canary_, table_, page, report.failures, generation_.get());
  }
  if (report.extractors != 0) {
    samples_.offer(page);
    change();
  }
  return report;
}

void EndpointKeeper::set_health(std::uint64_t key, Health health, std::string_view problem) {
  const auto known = known_.find(key);
  if (known == known_.end()) return;
  EndpointStatus& status = known->second.status;
  if (status.health == health && status.problem == problem) return;
  const bool changed = status.health != health;
  status.health = health;
  status.problem = problem;
  write_health(key, health);
  if (changed) tell(SHUNT_EVENT_ENDPOINT_CHANGED, key, known->second.entry.definition.name);
  status_changed_ = true;
  change();
}

void EndpointKeeper::note_fetch(std::uint64_t key, bool good, std::string_view problem) {
  const auto known = known_.find(key);
  if (known == known_.end()) return;
  EndpointStatus& status = known->second.status;
  ++status.fetches;
  if (good) {
    status.last_fetch_ns = clock_.now_ns();
    if (status.health != Health::Unhealthy) status.problem.clear();
  } else {
    ++status.fetch_failures;
    status.problem = problem;
  }
}

void EndpointKeeper::note_failed_attempt(std::uint64_t key) {
  if (hear_failed_ && known_.contains(key)) hear_failed_(key);
}

void EndpointKeeper::deliver(const Generation& generation, std::span<const shunt_event> events, Request* request) {
  deliver_events(generation, table_, events,
                 {.request = request, .current = generation_.get(), .beside = canary_.get()});
  if (observers_publish_) change();
}

shunt_event EndpointKeeper::event(std::uint32_t type, std::uint64_t key, std::string_view name) const {
  shunt_event out{};
  out.size = sizeof out;
  out.type = type;
  out.time_ns = clock_.now_ns();
  out.endpoint = key;
  out.endpoint_name = {name.data(), name.size()};
  out.profile = SHUNT_NONE;
  return out;
}

void EndpointKeeper::tell(std::uint32_t type, std::uint64_t key, std::string_view name) {
  if (generation_ == nullptr) return;
  const shunt_event one = event(type, key, name);
  deliver_events(*generation_, table_, {&one, 1}, {.beside = canary_.get()});
  if (canary_ != nullptr) {
    deliver_events(*canary_, table_, {&one, 1},
                   {.current = generation_.get(), .except = generation_.get(), .beside = canary_.get()});
  }
  if (kept_ != nullptr) {
    deliver_events(*kept_, table_, {&one, 1},
                   {.current = generation_.get(), .except = generation_.get(), .beside = canary_.get()});
  }
}

void EndpointKeeper::publish_now() {
  const std::int64_t begun_ns = clock_.now_ns();
  auto picture = std::make_shared<PoolPicture>();
  picture->snapshot = table_.publish(oldest_ns(begun_ns));
  picture->routable = routable(*picture->snapshot);
  if (status_changed_ || statuses_ == nullptr || statuses_layout_ != picture->snapshot->layout() ||
      begun_ns - statuses_ns_ >= kStatusIntervalNs) {
    collect_statuses(*picture->snapshot, begun_ns);
  }
  picture->statuses = statuses_;
  pictures_.publish(std::move(picture));
  published_ns_ = clock_.now_ns();
  build_ns_ = published_ns_ - begun_ns;
  changed_ = false;
}

void EndpointKeeper::change() {
  changed_ = true;
  if (!soon_) arm();
}

void EndpointKeeper::arm() {
  soon_ = changed_;
  const std::int64_t now_ns = clock_.now_ns();
  const std::int64_t pause_ns = std::max(options_.publish_interval_ns, build_ns_ * kBuildShare);
  std::int64_t idle_ns = kIdleIntervalNs;
  if (options_.stale_after_ns > 0) idle_ns = std::min(idle_ns, std::max(options_.stale_after_ns / 4, pause_ns));
  const std::int64_t wait_ns = changed_ ? std::max<std::int64_t>(0, published_ns_ + pause_ns - now_ns) : idle_ns;
  timer_.expires_after(std::chrono::nanoseconds(wait_ns));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error == asio::error::operation_aborted) return;
    publish_soon();
  });
}

// Whatever happens, the next picture is on its way.
void EndpointKeeper::publish_soon() {
  try {
    publish_now();
  } catch (const std::exception& error) {
    spdlog::error("endpoints: the pool stays as it was: {}", error.what());
    published_ns_ = clock_.now_ns();
  }
  arm();
}

std::int64_t EndpointKeeper::oldest_ns(std::int64_t now_ns) const {
  return options_.stale_after_ns > 0 ? now_ns - options_.stale_after_ns : std::numeric_limits<std::int64_t>::min();
}

// What an endpoint says about itself, or a check about it, counts the same.
std::optional<std::vector<std::uint64_t>> EndpointKeeper::routable(const Snapshot& snapshot) const {
  const auto flags = [&](AttributeId id) -> const Snapshot::Column* {
    const Snapshot::Column* column = snapshot.column(id);
    return column == nullptr || column->absent ? nullptr : column;
  };
  const std::array<std::pair<const Snapshot::Column*, bool>, 3> conditions = {
      {{flags(healthy_), true}, {flags(available_), true}, {flags(draining_), false}}};
  const auto fits = [&](std::uint32_t row) {
    return std::ranges::all_of(conditions, [&](const auto& condition) {
      const auto& [column, wanted] = condition;
      if (column == nullptr || (column->valid != nullptr && column->valid[row] == 0)) return true;
      return (static_cast<const std::uint8_t*>(column->data)[row] != 0) == wanted;
    });
  };
  std::vector<std::uint64_t> keys;
  for (std::uint32_t row = 0; row < snapshot.size(); ++row) {
    if (fits(row)) keys.push_back(snapshot.keys()[row]);
  }
  if (keys.size() == snapshot.size()) return std::nullopt;
  return keys;
}

void EndpointKeeper::collect_statuses(const Snapshot& snapshot, std::int64_t now_ns) {
  auto statuses = std::make_shared<std::vector<EndpointStatus>>();
  statuses->reserve(snapshot.size());
  for (std::uint32_t row = 0; row < snapshot.size(); ++row) {
    const auto known = known_.find(snapshot.keys()[row]);
    statuses->push_back(known == known_.end() ? EndpointStatus{} : known->second.status);
  }
  statuses_ = std::move(statuses);
  statuses_ns_ = now_ns;
  statuses_layout_ = snapshot.layout();
  status_changed_ = false;
}

}  // namespace shunt::host
