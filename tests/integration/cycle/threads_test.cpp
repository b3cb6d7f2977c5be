// SPDX-License-Identifier: Apache-2.0
// Several workers decide with loaded plugins while snapshots, generations and events change around them.
#include "catalogue.hpp"

#include <shunt/framework/event_delivery.hpp>
#include <shunt/framework/live_counters.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <mutex>
#include <thread>

namespace shunt::integration {
namespace {

constexpr int kWorkers = 4;
constexpr int kRequests = 250;  // of each worker
constexpr int kEndpoints = 24;

Composition scorers() {
  Composition composition;
  for (const char* name :
       {"queue_scorer", "load_aware_scorer", "lora_affinity_scorer", "prefix_cache_scorer",
        "approx_prefix_cache_producer", "utilization_filter", "weighted_random_picker", "single_profile_handler"}) {
    composition.library(shipped(name));
  }
  composition.plugin("utilization-filter", "", {{"conditions", {{{"metric", "waiting-queue"}, {"maxValue", 1e6}}}}})
      .plugin("queue-scorer")
      .plugin("load-aware-scorer")
      .plugin("lora-affinity-scorer")
      .plugin("prefix-cache-scorer")
      .plugin("weighted-random-picker");
  return composition;
}

std::shared_ptr<const Generation> build(const std::shared_ptr<AttributeTable>& attributes) {
  Diagnostics diagnostics;
  auto generation = scorers().build(attributes, diagnostics);
  if (generation == nullptr) throw std::runtime_error(render_text(diagnostics, false));
  return generation;
}

// What a host does around its workers: the table is one thread's at a time, snapshots are everybody's.
struct Surroundings {
  Surroundings() : pool(kEndpoints) {
    for (int i = 0; i < kEndpoints; ++i) {
      pool.set("pod-" + std::to_string(i), "active_models", std::vector<std::string>{"lora-" + std::to_string(i % 5)});
    }
    scheduler.publish(build(pool.attributes));
    snapshot = pool.table.publish();
  }
  std::shared_ptr<const Snapshot> latest() {
    const std::lock_guard lock(mutex);
    return snapshot;
  }
  Pool pool;
  Scheduler scheduler;
  std::mutex mutex;  // of the table and of `snapshot`
  std::shared_ptr<const Snapshot> snapshot;
  std::atomic<int> dispatched{0};
};

void decide_many(Surroundings& around, int worker_number) {
  Scheduler::Worker worker(around.scheduler);
  Request request;
  Decision decision;
  for (int i = 0; i < kRequests; ++i) {
    request.clear();
    request.id = std::to_string(worker_number) + "-" + std::to_string(i);
    request.number = static_cast<std::uint64_t>(worker_number * kRequests + i);
    request.model = "lora-" + std::to_string(i % 7);
    request.prompt = std::string(600, static_cast<char>('a' + i % 3));
    const auto snapshot = around.latest();
    around.scheduler.schedule(worker, *snapshot, request, {}, decision);
    if (!decision.dispatched()) continue;
    around.dispatched.fetch_add(1);
    shunt_event event{};
    event.size = sizeof event;
    event.type = SHUNT_EVENT_COMPLETED;
    event.endpoint = snapshot->keys()[decision.picks.front()];
    event.request = &request.raw();
    const auto generation = around.scheduler.current();
    const std::lock_guard lock(around.mutex);
    deliver_events(*generation, around.pool.table, {&event, 1}, {.request = &request});
  }
}

TEST(Threads, DecideWhileEverythingChanges) {
  Surroundings around;
  std::atomic<bool> done{false};
  std::jthread control([&] {
    for (int round = 0; !done.load(); ++round) {
      {
        const std::lock_guard lock(around.mutex);
        around.pool.set("pod-" + std::to_string(round % kEndpoints), "queue", static_cast<double>(round % 9));
        around.snapshot = around.pool.table.publish();
      }
      if (round % 16 == 0) around.scheduler.publish(build(around.pool.attributes));
      around.scheduler.collect();
      std::this_thread::yield();
    }
  });
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < kWorkers; ++i) workers.emplace_back(decide_many, std::ref(around), i);
  }
  done = true;
  control.join();
  EXPECT_EQ(around.dispatched.load(), kWorkers * kRequests);
  // Nobody reported an end, so every pick still counts.
  const auto snapshot = around.latest();
  std::int64_t in_flight = 0;
  for (std::uint32_t row = 0; row < snapshot->size(); ++row) {
    in_flight += snapshot->live().in_flight(snapshot->live_slot(row));
  }
  EXPECT_EQ(in_flight, kWorkers * kRequests);
  around.scheduler.collect();
  EXPECT_EQ(around.scheduler.retired(), 0u);
}

class EveryType : public ::testing::TestWithParam<ShippedType> {};

// One instance, four threads, and a fifth that tells it what has become of the requests.
TEST_P(EveryType, DecidesOnFourThreads) {
  constexpr int kEach = 60;
  Pool pool(0);
  fill_pool(pool, kEndpoints);
  const auto snapshot = pool.table.publish();
  Deciding host(composition_of(GetParam()), pool.attributes);
  std::atomic<int> dispatched{0};
  std::atomic<bool> done{false};
  std::jthread events([&] {
    Request request;
    for (std::uint64_t i = 0; !done.load(); ++i) {
      fill_request(request, i, 5);
      request.seal();
      std::array<shunt_event, 2> told{};
      for (shunt_event& event : told) {
        event.size = sizeof event;
        event.endpoint = snapshot->keys()[i % snapshot->size()];
        event.request = &request.raw();
      }
      told[0].type = SHUNT_EVENT_DISPATCHED;
      told[1].type = SHUNT_EVENT_COMPLETED;
      deliver_events(*host.generation, pool.table, told, {.request = &request});
      std::this_thread::yield();
    }
  });
  {
    std::vector<std::jthread> workers;
    for (std::uint64_t w = 0; w < kWorkers; ++w) {
      workers.emplace_back([&, w] {
        Scheduler::Worker worker(host.scheduler);
        Request request;
        Decision decision;
        for (std::uint64_t i = 0; i < kEach; ++i) {
          fill_request(request, w * kEach + i, 5);
          host.scheduler.schedule(worker, *snapshot, request, {.now_ns = static_cast<std::int64_t>(i), .seed = w},
                                  decision);
          if (decision.dispatched()) dispatched.fetch_add(1);
        }
      });
    }
  }
  done = true;
  events.join();
  EXPECT_EQ(dispatched.load(), kWorkers * kEach);
}

INSTANTIATE_TEST_SUITE_P(Threads, EveryType, ::testing::ValuesIn(shipped_types().begin(), shipped_types().end()),
                         TestName());

}  // namespace
}  // namespace shunt::integration
