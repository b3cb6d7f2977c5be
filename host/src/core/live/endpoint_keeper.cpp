// SPDX-License-Identifier: Apache-2.0
#include "live/endpoint_keeper.hpp"

#include <pthread.h>

#include <shunt/framework/event_delivery.hpp>
#include <shunt/framework/instance.hpp>
#include <shunt/framework/live_counters.hpp>

#include <spdlog/spdlog.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <thread>
#include <unordered_set>
#include <utility>

namespace shunt::host {

namespace asio = boost::asio;

namespace {

// Building pictures may take this share of the keeper's time: with very many endpoints they become rarer instead.
constexpr std::int64_t kBuildShare = 50;
constexpr std::int64_t kStatusIntervalNs = 500'000'000;
constexpr std::int64_t kIdleIntervalNs = 1'000'000'000;

bool same_definition(const EndpointDefinition& a, const EndpointDefinition& b) {
  return a.address == b.address && a.labels == b.labels;
}

}  // namespace

class EndpointKeeper::Implementation {
 public:
  Implementation(std::shared_ptr<AttributeTable> attributes, const Clock& clock, EndpointKeeperOptions options)
      : clock_(clock),
        options_(options),
        table_(std::move(attributes)),
        guard_(asio::make_work_guard(context_)),
        timer_(context_),
        healthy_(*table_.attributes()->find("healthy")),
        available_(*table_.attributes()->find("available")),
        draining_(*table_.attributes()->find("draining")) {
    publish();
  }

  void start() {
    thread_ = std::thread([this] { run(); });
    asio::post(context_, [this] { arm(); });
  }

  void stop() {
    if (!thread_.joinable()) return;
    asio::post(context_, [this] { context_.stop(); });
    thread_.join();
  }

  void set_generation(std::shared_ptr<const Generation> generation) {
    generation_ = std::move(generation);
    observers_publish_ =
        generation_ != nullptr && std::ranges::any_of(generation_->instances(), [](const auto& instance) {
          return instance->observer != nullptr && !instance->endpoint_outputs.empty();
        });
    std::vector<shunt_event> events;
    for (const auto& [key, known] : known_) {
      events.push_back(event(SHUNT_EVENT_ENDPOINT_ADDED, key, known.entry.definition.name));
    }
    if (generation_ != nullptr && !events.empty()) deliver_events(*generation_, table_, events);
    for (EndpointListener* listener : listeners_) listener->generation_changed(generation_);
    change();
  }

  void listen(EndpointListener& listener) {
    listeners_.push_back(&listener);
    listener.generation_changed(generation_);
    for (const auto& [key, known] : known_) listener.endpoint_added(key, known.entry.definition);
  }

  std::vector<std::string> put_endpoints(std::string_view source, const std::vector<EndpointEntry>& endpoints) {
    std::vector<std::string> refused;
    std::unordered_set<std::uint64_t> named;
    for (const EndpointEntry& entry : endpoints) {
      if (entry.definition.address.empty()) {
        refused.push_back("endpoint \"" + entry.definition.name + "\" of " + std::string(source) +
                          " is left out: it has no address");
        continue;
      }
      const std::uint64_t key = endpoint_key(entry.definition.name);
      const auto known = known_.find(key);
      if (known != known_.end() && known->second.status.source != source) {
        refused.push_back("endpoint \"" + entry.definition.name + "\" of " + std::string(source) +
                          " is left out: " + known->second.status.source + " has one of that name");
        continue;
      }
      if (!named.insert(key).second) continue;
      if (known == known_.end()) {
        add(key, source, entry, refused);
      } else {
        renew(key, known->second, entry, refused);
      }
    }
    std::vector<std::uint64_t> gone;
    for (const auto& [key, known] : known_) {
      if (known.status.source == source && !named.contains(key)) gone.push_back(key);
    }
    for (const std::uint64_t key : gone) remove(key);
    change();
    return refused;
  }

  ExtractionReport extract(std::uint64_t key, const FetchedPage& page) {
    ExtractionReport report;
    if (generation_ == nullptr || !table_.contains(key)) return report;
    report.extractors = extract_page(*generation_, table_, page, report.failures);
    if (report.extractors != 0) change();
    return report;
  }

  void set_health(std::uint64_t key, Health health, std::string_view problem) {
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

  void note_fetch(std::uint64_t key, bool good, std::string_view problem) {
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

  void note_failed_attempt(std::uint64_t key) {
    if (hear_failed_ && known_.contains(key)) hear_failed_(key);
  }

  void deliver(const Generation& generation, std::span<const shunt_event> events, Request* request) {
    deliver_events(generation, table_, events, request);
    if (observers_publish_) change();
  }

  void publish() {
    changed_ = false;
    const std::int64_t begun_ns = clock_.now_ns();
    auto picture = std::make_shared<PoolPicture>();
    picture->snapshot = table_.publish(oldest_ns(begun_ns));
    picture->routable = routable(*picture->snapshot);
    if (status_changed_ || statuses_ == nullptr || layout_ != picture->snapshot->layout() ||
        begun_ns - statuses_ns_ >= kStatusIntervalNs) {
      collect_statuses(*picture->snapshot, begun_ns);
    }
    picture->statuses = statuses_;
    pictures_.publish(std::move(picture));
    published_ns_ = clock_.now_ns();
    build_ns_ = published_ns_ - begun_ns;
  }

  const Clock& clock_;
  const EndpointKeeperOptions options_;
  asio::io_context context_{1};
  PictureSlot pictures_;
  EndpointTable table_;
  std::shared_ptr<const Generation> generation_;
  std::function<void(std::uint64_t)> hear_failed_;

 private:
  struct Known {
    EndpointEntry entry;
    EndpointStatus status;
  };

  // A plugin cannot throw into the host, but memory can run out: the endpoints of tomorrow are worth going on for.
  void run() {
    pthread_setname_np(pthread_self(), "shunt-keeper");
    while (!context_.stopped()) {
      try {
        context_.run();
      } catch (const std::exception& error) {
        spdlog::error("endpoints: {}", error.what());
      }
    }
  }

  shunt_event event(std::uint32_t type, std::uint64_t key, std::string_view name) const {
    shunt_event out{};
    out.size = sizeof out;
    out.type = type;
    out.time_ns = clock_.now_ns();
    out.endpoint = key;
    out.endpoint_name = {name.data(), name.size()};
    out.profile = SHUNT_NONE;
    return out;
  }

  void tell(std::uint32_t type, std::uint64_t key, std::string_view name) {
    if (generation_ == nullptr) return;
    const shunt_event one = event(type, key, name);
    deliver_events(*generation_, table_, {&one, 1});
  }

  void add(std::uint64_t key, std::string_view source, const EndpointEntry& entry, std::vector<std::string>& refused) {
    if (const auto added = table_.add(entry.definition); !added) {
      refused.push_back(added.error().message);
      return;
    }
    Known& known = known_[key];
    known.entry = entry;
    known.status.source = source;
    write_attributes(key, entry, refused);
    tell(SHUNT_EVENT_ENDPOINT_ADDED, key, entry.definition.name);
    for (EndpointListener* listener : listeners_) listener->endpoint_added(key, known.entry.definition);
  }

  // Another address is another server: what was measured at the old one says nothing about it.
  void renew(std::uint64_t key, Known& known, const EndpointEntry& entry, std::vector<std::string>& refused) {
    if (!same_definition(known.entry.definition, entry.definition)) {
      const bool moved = known.entry.definition.address != entry.definition.address;
      for (EndpointListener* listener : listeners_) listener->endpoint_removed(key);
      (void)table_.remove(entry.definition.name);
      (void)table_.add(entry.definition);
      if (moved) {
        known.status.health = Health::Unknown;
        known.status.problem.clear();
      }
      write_health(key, known.status.health);
      known.entry = entry;
      write_attributes(key, entry, refused);
      tell(SHUNT_EVENT_ENDPOINT_CHANGED, key, entry.definition.name);
      for (EndpointListener* listener : listeners_) listener->endpoint_added(key, known.entry.definition);
      return;
    }
    for (const WrittenAttribute& old : known.entry.attributes) {
      if (const auto id = table_.attributes()->find(old.name)) (void)table_.set(key, *id, std::nullopt);
    }
    known.entry = entry;
    write_attributes(key, entry, refused);
  }

  void remove(std::uint64_t key) {
    const auto known = known_.find(key);
    const std::string name = known->second.entry.definition.name;
    for (EndpointListener* listener : listeners_) listener->endpoint_removed(key);
    (void)table_.remove(name);
    known_.erase(known);
    tell(SHUNT_EVENT_ENDPOINT_REMOVED, key, name);
  }

  void write_attributes(std::uint64_t key, const EndpointEntry& entry, std::vector<std::string>& refused) {
    for (const WrittenAttribute& written : entry.attributes) {
      const auto id = table_.attributes()->add(written.name, type_of(written.value));
      const auto set = id ? table_.set(key, *id, written.value) : Result<void>(id.error());
      if (!set) refused.push_back("endpoint \"" + entry.definition.name + "\": " + set.error().message);
    }
  }

  void write_health(std::uint64_t key, Health health) {
    const auto value =
        health == Health::Unknown ? std::nullopt : std::optional<AttributeValue>(health == Health::Healthy);
    (void)table_.set(key, healthy_, value);
  }

  void change() {
    changed_ = true;
    if (!soon_) arm();
  }

  std::int64_t oldest_ns(std::int64_t now_ns) const {
    return options_.stale_after_ns > 0 ? now_ns - options_.stale_after_ns : std::numeric_limits<std::int64_t>::min();
  }

  void arm() {
    soon_ = changed_;
    const std::int64_t now_ns = clock_.now_ns();
    const std::int64_t pause_ns = std::max(options_.publish_interval_ns, build_ns_ * kBuildShare);
    std::int64_t idle_ns = kIdleIntervalNs;
    if (options_.stale_after_ns > 0) idle_ns = std::min(idle_ns, std::max(options_.stale_after_ns / 4, pause_ns));
    const std::int64_t wait_ns = changed_ ? std::max<std::int64_t>(0, published_ns_ + pause_ns - now_ns) : idle_ns;
    timer_.expires_after(std::chrono::nanoseconds(wait_ns));
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (error == asio::error::operation_aborted) return;
      publish();
      arm();
    });
  }

  // What an endpoint says about itself, or a check about it, counts the same.
  std::optional<std::vector<std::uint64_t>> routable(const Snapshot& snapshot) const {
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

  void collect_statuses(const Snapshot& snapshot, std::int64_t now_ns) {
    auto statuses = std::make_shared<std::vector<EndpointStatus>>();
    statuses->reserve(snapshot.size());
    for (std::uint32_t row = 0; row < snapshot.size(); ++row) {
      const auto known = known_.find(snapshot.keys()[row]);
      statuses->push_back(known == known_.end() ? EndpointStatus{} : known->second.status);
    }
    statuses_ = std::move(statuses);
    statuses_ns_ = now_ns;
    layout_ = snapshot.layout();
    status_changed_ = false;
  }

  asio::executor_work_guard<asio::io_context::executor_type> guard_;
  asio::steady_timer timer_;
  std::thread thread_;
  std::map<std::uint64_t, Known> known_;  // by key: an order that is the same in every run
  std::vector<EndpointListener*> listeners_;
  AttributeId healthy_;
  AttributeId available_;
  AttributeId draining_;
  bool changed_ = false;
  bool observers_publish_ = false;
  bool soon_ = false;  // the timer stands for a change
  std::int64_t published_ns_ = 0;
  std::int64_t build_ns_ = 0;
  std::shared_ptr<const std::vector<EndpointStatus>> statuses_;
  std::int64_t statuses_ns_ = 0;
  std::uint64_t layout_ = 0;
  bool status_changed_ = false;
};

EndpointKeeper::EndpointKeeper(std::shared_ptr<AttributeTable> attributes, const Clock& clock,
                               EndpointKeeperOptions options)
    : implementation_(std::make_unique<Implementation>(std::move(attributes), clock, options)) {}

EndpointKeeper::~EndpointKeeper() { stop(); }

void EndpointKeeper::start() { implementation_->start(); }

void EndpointKeeper::stop() { implementation_->stop(); }

void EndpointKeeper::post(std::function<void()> work) { asio::post(implementation_->context_, std::move(work)); }

asio::io_context& EndpointKeeper::context() { return implementation_->context_; }

const PictureSlot& EndpointKeeper::pictures() const { return implementation_->pictures_; }

LiveCounters& EndpointKeeper::live() { return implementation_->table_.live(); }

void EndpointKeeper::publish_now() { implementation_->publish(); }

void EndpointKeeper::set_generation(std::shared_ptr<const Generation> generation) {
  implementation_->set_generation(std::move(generation));
}

const std::shared_ptr<const Generation>& EndpointKeeper::generation() const { return implementation_->generation_; }

const EndpointTable& EndpointKeeper::table() const { return implementation_->table_; }

void EndpointKeeper::listen(EndpointListener& listener) { implementation_->listen(listener); }

std::vector<std::string> EndpointKeeper::put_endpoints(std::string_view source,
                                                       const std::vector<EndpointEntry>& endpoints) {
  return implementation_->put_endpoints(source, endpoints);
}

ExtractionReport EndpointKeeper::extract(std::uint64_t key, const FetchedPage& page) {
  return implementation_->extract(key, page);
}

void EndpointKeeper::set_health(std::uint64_t key, Health health, std::string_view problem) {
  implementation_->set_health(key, health, problem);
}

void EndpointKeeper::note_fetch(std::uint64_t key, bool good, std::string_view problem) {
  implementation_->note_fetch(key, good, problem);
}

void EndpointKeeper::note_failed_attempt(std::uint64_t key) { implementation_->note_failed_attempt(key); }

void EndpointKeeper::on_failed_attempt(std::function<void(std::uint64_t key)> hear) {
  implementation_->hear_failed_ = std::move(hear);
}

void EndpointKeeper::deliver(const Generation& generation, std::span<const shunt_event> events, Request* request) {
  implementation_->deliver(generation, events, request);
}

}  // namespace shunt::host
