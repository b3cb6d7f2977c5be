// SPDX-License-Identifier: Apache-2.0
// live.hpp: a running host without sockets, on a clock that stands still until the test moves it, and a witness among its
// plugins.
//
//   Live live;
//   auto door = live.host.open_front_door("test");
//   live.serve(*door);
#pragma once

#include <shunt/framework/live_counters.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "live/live_host.hpp"
#include "witness.hpp"

namespace shunt::host {

class FakeClock final : public Clock {
 public:
  std::int64_t now_ns() const noexcept override { return now_.load(); }
  std::int64_t wall_ns() const noexcept override { return 1'700'000'000'000'000'000 + now_.load(); }
  void advance_ms(std::int64_t ms) { now_ += ms * 1'000'000; }

 private:
  std::atomic<std::int64_t> now_{5'000'000'000};
};

// True as soon as it holds; false when it does not for a minute.
template <class Condition>
bool eventually(const Condition& holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

struct Heard {
  std::uint32_t type = 0;
  std::uint64_t request = 0;
  std::string request_id;
  std::string endpoint;
  std::uint32_t attempt = 0;
  std::uint32_t cause = 0;
  std::uint32_t present = 0;
  std::uint32_t http_status = 0;
  std::int64_t ttft_ns = 0;
  std::int64_t tpot_ns = 0;
  std::int64_t duration_ns = 0;
  std::int64_t time_ns = 0;
};

inline std::vector<std::uint32_t> types_of(const std::vector<Heard>& events) {
  std::vector<std::uint32_t> types;
  for (const Heard& event : events) types.push_back(event.type);
  return types;
}

// Keeps what the plugin hears, and watches over what the ABI promises: calls and events of one request do not overlap, its
// state is its own, and nothing follows COMPLETED.
class Witness {
 public:
  Witness() : calls_{this, &Witness::called, &Witness::heard} {}

  std::string address() const { return std::to_string(reinterpret_cast<std::uintptr_t>(&calls_)); }
  std::vector<Heard> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }
  std::vector<Heard> events_of(std::uint64_t request) const {
    std::vector<Heard> out;
    for (Heard& event : events()) {
      if (event.request == request && !event.request_id.empty()) out.push_back(std::move(event));
    }
    return out;
  }
  std::size_t completed() const {
    const std::lock_guard lock(mutex_);
    return completed_;
  }
  std::string broken() const {
    const std::lock_guard lock(mutex_);
    return broken_;
  }
  std::uint64_t calls() const { return count_.load(); }

 private:
  struct State {
    std::atomic<std::uint32_t> busy;
    std::uint32_t ended;
    std::uint64_t number;
    std::uint64_t calls;
  };
  void require(bool good, const char* what) {
    if (good) return;
    const std::lock_guard lock(mutex_);
    broken_ = what;
  }
  static void called(void* self, const shunt_cycle& cycle) {
    auto& witness = *static_cast<Witness*>(self);
    auto* state = static_cast<State*>(cycle.request_state);
    witness.count_.fetch_add(1);
    witness.require(state->busy.exchange(1) == 0, "a call began while another call or an event was under way");
    witness.require(state->ended == 0, "a call came after COMPLETED");
    if (state->calls++ == 0) state->number = cycle.request->number;
    witness.require(state->number == cycle.request->number, "a call found the state of another request");
    state->busy.store(0);
  }
  static void heard(void* self, const shunt_event& event) {
    auto& witness = *static_cast<Witness*>(self);
    Heard one;
    one.type = event.type;
    one.endpoint.assign(event.endpoint_name.data == nullptr ? "" : event.endpoint_name.data, event.endpoint_name.len);
    one.attempt = event.attempt;
    one.cause = event.cause;
    one.present = event.present;
    one.http_status = event.http_status;
    one.ttft_ns = event.ttft_ns;
    one.tpot_ns = event.tpot_ns;
    one.duration_ns = event.duration_ns;
    one.time_ns = event.time_ns;
    if (event.request != nullptr) {
      one.request = event.request->number;
      one.request_id.assign(event.request->id.data, event.request->id.len);
      auto* state = static_cast<State*>(event.request_state);
      witness.require(state != nullptr,
                      "an event of a request that this instance was called for came without its state");
      if (state != nullptr) {
        witness.require(state->busy.exchange(1) == 0, "an event came while a call was under way");
        witness.require(state->ended == 0, "an event came after COMPLETED");
        witness.require(state->number == one.request, "an event found the state of another request");
        if (event.type == SHUNT_EVENT_COMPLETED) state->ended = 1;
        state->busy.store(0);
      }
    }
    const std::lock_guard lock(witness.mutex_);
    if (event.type == SHUNT_EVENT_COMPLETED) ++witness.completed_;
    witness.events_.push_back(std::move(one));
  }

  const integration::WitnessCalls calls_;
  std::atomic<std::uint64_t> count_{0};
  mutable std::mutex mutex_;
  std::vector<Heard> events_;
  std::size_t completed_ = 0;
  std::string broken_;
};

struct LiveOptions {
  std::size_t endpoints = 3;
  bool witness = true;
  std::string name_prefix = "pod-";
  std::string more_plugins = {};                               // ", { "type": ... }"
  std::function<void(HostSettings&)> settings = [](auto&) {};  // beyond the defaults below
};

// Endpoints pod-0, pod-1, ... with queues of 0, 1, ...: the first is the best.
class Live {
 public:
  explicit Live(LiveOptions options = {})
      : workspace(PluginPath(SHUNT_WITNESS_DIRECTORY, SHUNT_PLUGIN_DIRECTORY)),
        settings(build(options)),
        host(workspace, settings, clock) {
    host.start();
  }

  // Runs `work` on the keeper's thread and waits for it.
  template <class Work>
  auto on_keeper(Work work) {
    std::packaged_task<decltype(work())()> task(std::move(work));
    host.keeper().post([&task] { task(); });
    return task.get_future().get();
  }
  std::vector<std::string> put(std::string_view source, const std::vector<EndpointEntry>& endpoints) {
    return on_keeper([&] {
      auto refused = host.keeper().put_endpoints(source, endpoints);
      host.keeper().publish_now();
      return refused;
    });
  }
  std::shared_ptr<const PoolPicture> picture() const { return host_pictures().current(); }
  const PictureSlot& host_pictures() const { return const_cast<LiveHost&>(host).keeper().pictures(); }

  std::int64_t in_flight(const std::string& name) {
    const auto now = picture();
    const std::uint32_t row = now->snapshot->find(endpoint_key(name));
    return row == SHUNT_NONE ? -1 : now->snapshot->live().in_flight(now->snapshot->live_slot(row));
  }
  void expect_nothing_in_flight() {
    const auto now = picture();
    for (std::uint32_t row = 0; row < now->snapshot->size(); ++row) {
      const std::uint32_t slot = now->snapshot->live_slot(row);
      EXPECT_EQ(now->snapshot->live().in_flight(slot), 0) << now->snapshot->name(row);
      EXPECT_EQ(now->snapshot->live().in_flight_tokens(slot), 0) << now->snapshot->name(row);
    }
  }
  RequestTotals totals() const {
    const auto all = host.counts().totals();
    return all.empty() ? RequestTotals{} : all.front();
  }
  std::uint64_t outcomes() const {
    std::uint64_t sum = 0;
    for (const OutcomeCount& outcome : host.counts().outcomes()) sum += outcome.count;
    return sum;
  }

  Passage& begin(FrontDoor& door, const std::string& id = "r") {
    Passage* passage = door.open();
    passage->request.id = id;
    passage->request.model = "m";
    passage->request.prompt.assign(400, 'p');
    passage->request.has_prompt = true;
    return *passage;
  }
  // A request from its beginning to a good end.
  void serve(FrontDoor& door, const std::string& id = "r") {
    Passage& passage = begin(door, id);
    door.decide(passage);
    ASSERT_TRUE(passage.dispatched()) << passage.rejection.reason;
    door.report_dispatched(passage, 0);
    door.report_response_started(passage, 200);
    door.complete(passage, {Ending::Completed, 200});
  }

  Witness witness;
  FakeClock clock;
  Workspace workspace;
  HostSettings settings;
  LiveHost host;

 private:
  HostSettings build(const LiveOptions& options) {
    std::string plugins = R"({ "type": "queue-scorer" })" + options.more_plugins;
    std::string libraries = R"("queue_scorer.so", "max_score_picker.so", "single_profile_handler.so",
      "utilization_filter.so", "random_picker.so")";
    if (options.witness) {
      libraries += R"(, "live_witness.so")";
      plugins += R"(, { "type": "witness", "parameters": { "calls": )" + witness.address() + " } }";
    }
    std::string endpoints;
    for (std::size_t i = 0; i < options.endpoints; ++i) {
      const std::string number = std::to_string(i);
      endpoints += (i == 0 ? "" : ",") + (R"({ "name": ")" + options.name_prefix) + number +
                   R"(", "address": "10.0.0.)" + number + R"(:8000", "attributes": { "queue": )" + number + " } }";
    }
    workspace.open(
        "test.jsonc",
        R"({ "libraries": [)" + libraries + R"(], "plugins": [)" + plugins + R"(], "endpoints": [)" + endpoints + "] }",
        ".");
    workspace.build();
    if (workspace.generation() == nullptr) throw std::runtime_error(render_text(workspace.diagnostics(), false));
    HostSettings out = workspace.host_settings();
    out.data_layer.stale_after_ms = 0;
    options.settings(out);
    return out;
  }
};

inline EndpointEntry endpoint(const std::string& name, const std::string& address = "10.1.0.1:80",
                              std::vector<std::pair<std::string, std::string>> labels = {}) {
  EndpointEntry entry;
  entry.definition = {name, address, std::move(labels)};
  return entry;
}

}  // namespace shunt::host
