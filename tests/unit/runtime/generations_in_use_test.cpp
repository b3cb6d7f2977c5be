// SPDX-License-Identifier: Apache-2.0
// Which thread destroys a generation: the one that publishes or collects, never a worker.
#include <shunt/framework/scheduler.hpp>

#include "building.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace shunt::testing {
namespace {

std::atomic<int> destroyed{0};
std::atomic<int> destroyed_elsewhere{0};
std::thread::id control;

class GenerationsInUse : public ::testing::Test, public Workbench {
 protected:
  void SetUp() override {
    destroyed = 0;
    destroyed_elsewhere = 0;
    control = std::this_thread::get_id();
    library.add("noted", {SHUNT_SCORER_ID}, [](Scripted& self) {
      self.destroyed = [] {
        ++destroyed;
        if (std::this_thread::get_id() != control) ++destroyed_elsewhere;
      };
      return SHUNT_OK;
    });
    table.add({"a", "a:1", {}}).value();
    snapshot = table.publish();
  }
  std::shared_ptr<const Generation> make() {
    return build(config_text("{\"type\": \"noted\"},", "{\"pluginRef\": \"noted\"},")).generation;
  }
  void decide(Scheduler& scheduler, Scheduler::Worker& worker) {
    Request request;
    Decision decision;
    scheduler.schedule(worker, *snapshot, request, {}, decision);
  }
  EndpointTable table{attributes};
  std::shared_ptr<const Snapshot> snapshot;
};

TEST_F(GenerationsInUse, AreDestroyedByWhoCollects) {
  Scheduler scheduler;
  scheduler.publish(make());
  Scheduler::Worker worker(scheduler);
  decide(scheduler, worker);
  scheduler.publish(make());
  EXPECT_EQ(destroyed, 0) << "the worker still has it";
  EXPECT_EQ(scheduler.retired(), 1u);
  std::thread([&] { decide(scheduler, worker); }).join();
  EXPECT_EQ(destroyed, 0) << "the worker has moved on, and that is all";
  scheduler.collect();
  EXPECT_EQ(destroyed, 1);
  EXPECT_EQ(scheduler.retired(), 0u);
}

TEST_F(GenerationsInUse, OneThatComesBackIsNotLost) {
  Scheduler scheduler;
  auto first = make();
  scheduler.publish(first);
  scheduler.publish(make());
  scheduler.publish(first);
  scheduler.publish(first);
  EXPECT_EQ(destroyed, 1);
  scheduler.publish(make());
  first.reset();
  scheduler.collect();
  EXPECT_EQ(destroyed, 2);
  EXPECT_EQ(scheduler.retired(), 0u);
}

// As a way back: that is nobody who is served by it.
TEST_F(GenerationsInUse, OneThatIsKeptIsLeftWhenItsWorkersAndRequestsAre) {
  Scheduler scheduler;
  const auto kept = make();
  scheduler.publish(kept);
  Scheduler::Worker worker(scheduler);
  decide(scheduler, worker);
  std::shared_ptr<const Generation> request = worker.generation();
  EXPECT_EQ(request, kept);
  scheduler.publish(make());
  decide(scheduler, worker);
  scheduler.collect();
  EXPECT_EQ(scheduler.retired(), 1u) << "a request still has it";
  EXPECT_EQ(scheduler.last_drain_ns(), 0);
  request.reset();
  scheduler.collect();
  EXPECT_EQ(scheduler.retired(), 0u);
  EXPECT_GT(scheduler.last_drain_ns(), 0);
  EXPECT_EQ(destroyed, 0);

  // Again, while a request of its first time is still under way.
  scheduler.publish(kept);
  decide(scheduler, worker);
  request = worker.generation();
  scheduler.publish(make());
  decide(scheduler, worker);
  scheduler.publish(kept);
  EXPECT_EQ(scheduler.retired(), 1u) << "the one between, which the worker has";
  decide(scheduler, worker);
  scheduler.publish(make());
  decide(scheduler, worker);
  scheduler.collect();
  EXPECT_EQ(scheduler.retired(), 1u) << "the request has it all the time";
  request.reset();
  scheduler.collect();
  EXPECT_EQ(scheduler.retired(), 0u);
  EXPECT_EQ(destroyed, 2) << "those between";
}

// One that decides beside the current one, for whoever asks for it.
TEST_F(GenerationsInUse, OneBesideTheCurrentOneIsDestroyedLikewise) {
  Scheduler scheduler;
  scheduler.publish(make());
  auto beside = make();
  scheduler.add(beside);
  auto worker = std::make_unique<Scheduler::Worker>(scheduler, beside);
  EXPECT_EQ(worker->generation(), beside);
  Request request;
  Decision decision;
  scheduler.schedule(*worker, *snapshot, request, {.generation = &beside}, decision);
  EXPECT_EQ(decision.generation, beside->number());
  beside.reset();
  scheduler.collect();
  EXPECT_EQ(destroyed, 0) << "the worker still has it";
  std::thread([&] { worker.reset(); }).join();
  EXPECT_EQ(destroyed, 0);
  scheduler.collect();
  EXPECT_EQ(destroyed, 1);
  EXPECT_EQ(scheduler.retired(), 0u);
}

TEST_F(GenerationsInUse, OneBesideMayBecomeTheCurrentOne) {
  Scheduler scheduler;
  scheduler.publish(make());
  const auto beside = make();
  scheduler.add(beside);
  scheduler.publish(beside);
  EXPECT_EQ(destroyed, 1) << "the one before";
  EXPECT_EQ(scheduler.current(), beside);
  EXPECT_EQ(scheduler.retired(), 0u);
}

// Requests that it has decided before are its requests still.
TEST_F(GenerationsInUse, OneBesideThatIsPublishedIsLeftWhenAllItsRequestsAre) {
  Scheduler scheduler;
  scheduler.publish(make());
  Scheduler::Worker worker(scheduler);
  const auto beside = make();
  std::shared_ptr<const Generation> request = scheduler.add(beside);
  EXPECT_EQ(request, beside);
  Request retried;
  Decision decision;
  scheduler.publish(beside);
  // The first thing that this worker does is a retry of a request from before.
  scheduler.schedule(worker, *snapshot, retried, {.generation = &request}, decision);
  decide(scheduler, worker);
  std::shared_ptr<const Generation> later = worker.generation();
  scheduler.publish(make());
  decide(scheduler, worker);
  scheduler.collect();
  EXPECT_EQ(scheduler.retired(), 1u);
  request.reset();
  scheduler.collect();
  EXPECT_EQ(scheduler.retired(), 1u) << "the other one is under way";
  later.reset();
  scheduler.collect();
  EXPECT_EQ(scheduler.retired(), 0u);
  EXPECT_GT(scheduler.last_drain_ns(), 0);
}

TEST_F(GenerationsInUse, CallsAreToldApartByTheGenerationOfTheWorker) {
  Scheduler scheduler;
  const auto current = make();
  scheduler.publish(current);
  const auto beside =
      rebuild(config_text("{\"type\": \"noted\"},", "{\"pluginRef\": \"noted\", \"weight\": 2},"), current).generation;
  ASSERT_NE(beside, nullptr);
  Scheduler::Worker first(scheduler), second(scheduler, beside);
  Request request;
  Decision decision;
  for (int i = 0; i < 3; ++i) scheduler.schedule(first, *snapshot, request, {}, decision);
  for (int i = 0; i < 2; ++i) scheduler.schedule(second, *snapshot, request, {.generation = &beside}, decision);
  const auto calls = [](const std::vector<Scheduler::PluginTotals>& totals) {
    std::uint64_t sum = 0;
    for (const Scheduler::PluginTotals& one : totals) sum += one.calls;
    return sum;
  };
  EXPECT_EQ(current->instances()[0], beside->instances()[0]) << "it is one instance";
  const std::uint64_t of_one = calls(scheduler.plugin_totals_of_bound(*current)) / 3;
  EXPECT_GT(of_one, 0u);
  EXPECT_EQ(calls(scheduler.plugin_totals_of_bound(*current)), 3 * of_one);
  EXPECT_EQ(calls(scheduler.plugin_totals_of_bound(*beside)), 2 * of_one);
  EXPECT_EQ(calls(scheduler.plugin_totals(*current)), 5 * of_one);
}

TEST_F(GenerationsInUse, UnderLoadNoWorkerDestroysOne) {
  Scheduler scheduler;
  scheduler.publish(make());
  constexpr int kGenerations = 50;
  {
    std::atomic<bool> stop{false};
    std::vector<std::thread> workers;
    for (int t = 0; t < 2; ++t) {
      workers.emplace_back([&] {
        Scheduler::Worker worker(scheduler);
        while (!stop) decide(scheduler, worker);
      });
    }
    for (int i = 0; i < kGenerations; ++i) {
      scheduler.publish(make());
      std::this_thread::yield();
    }
    stop = true;
    for (std::thread& worker : workers) worker.join();
  }
  scheduler.collect();
  EXPECT_EQ(destroyed, kGenerations);
  EXPECT_EQ(destroyed_elsewhere, 0);
}

}  // namespace
}  // namespace shunt::testing
