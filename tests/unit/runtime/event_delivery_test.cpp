// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/event_delivery.hpp>
#include <shunt/framework/extraction.hpp>
#include <shunt/framework/swap_planner.hpp>

#include "building.hpp"

#include "runtime/generation_plan.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

namespace shunt::testing {
namespace {

using ::testing::ElementsAre;

constexpr std::uint64_t kCompleted = SHUNT_EVENT_BIT(SHUNT_EVENT_COMPLETED);
constexpr std::uint64_t kDispatched = SHUNT_EVENT_BIT(SHUNT_EVENT_DISPATCHED);

shunt_event event(std::uint32_t type, std::int64_t time = 1, const shunt_request* request = nullptr) {
  shunt_event made{};
  made.size = sizeof made;
  made.type = type;
  made.time_ns = time;
  made.request = request;
  return made;
}

class EventDelivery : public ::testing::Test, public Workbench {
 protected:
  // An observer that remembers what it was called with.
  struct Heard {
    std::vector<std::uint32_t> batches;
    std::vector<std::uint32_t> types;
    std::vector<void*> states;
  };
  void observer(const std::string& name, std::uint64_t wants, Heard& heard, std::uint64_t state_bytes = 0) {
    ScriptedType& type = library.add(name, {SHUNT_OBSERVER_ID}, [&heard, state_bytes](Scripted& self) {
      self.events = [&heard](shunt_ctx*, const shunt_event* events, std::uint32_t n) {
        heard.batches.push_back(n);
        for (std::uint32_t i = 0; i < n; ++i) {
          heard.types.push_back(events[i].type);
          heard.states.push_back(events[i].request_state);
        }
      };
      return self.host().request_state(self.info->init, state_bytes);
    });
    type.observer.wants = wants;
  }
  EndpointTable table{attributes};
};

TEST_F(EventDelivery, EachObserverHearsWhatItWantsInOneBatch) {
  Heard both, completed, nothing;
  observer("both", kCompleted | kDispatched, both);
  observer("completed", kCompleted, completed);
  observer("nothing", 0, nothing);
  const Built built = build(config_text("{\"type\": \"both\"}, {\"type\": \"completed\"}, {\"type\": \"nothing\"},"));
  ASSERT_NE(built.generation, nullptr) << built.text;
  const std::vector<shunt_event> events{event(SHUNT_EVENT_DISPATCHED), event(SHUNT_EVENT_COMPLETED),
                                        event(SHUNT_EVENT_DISPATCHED), event(200)};
  deliver_events(*built.generation, table, events);
  EXPECT_THAT(both.batches, ElementsAre(3));
  EXPECT_THAT(both.types, ElementsAre(SHUNT_EVENT_DISPATCHED, SHUNT_EVENT_COMPLETED, SHUNT_EVENT_DISPATCHED));
  EXPECT_THAT(completed.batches, ElementsAre(1));
  EXPECT_TRUE(nothing.batches.empty());
}

TEST_F(EventDelivery, RequestStateIsTheInstancesOwnPart) {
  Heard first, second;
  observer("first", kCompleted, first, 8);
  observer("second", kCompleted, second, 8);
  const Built built = build(config_text("{\"type\": \"first\"}, {\"type\": \"second\"},"));
  ASSERT_NE(built.generation, nullptr) << built.text;
  Request request;
  std::vector<std::byte>& state = request.plugin_state;
  state.resize(built.generation->plan().state_bytes);
  request.plugin_state_generation = built.generation->number();
  request.plugin_seen.assign(built.generation->instances().size(), 1);
  const shunt_event with[] = {event(SHUNT_EVENT_COMPLETED, 1, &request.seal())};
  deliver_events(*built.generation, table, with, {.request = &request});
  request.plugin_seen[1] = 0;
  deliver_events(*built.generation, table, with, {.request = &request});
  const shunt_event without[] = {event(SHUNT_EVENT_COMPLETED)};
  deliver_events(*built.generation, table, without, {.request = &request});
  deliver_events(*built.generation, table, with);
  ++request.plugin_state_generation;
  deliver_events(*built.generation, table, with, {.request = &request});
  EXPECT_THAT(first.states, ElementsAre(state.data(), state.data(), nullptr, nullptr, nullptr));
  EXPECT_THAT(second.states, ElementsAre(state.data() + 16, nullptr, nullptr, nullptr, nullptr))
      << "an instance that has not seen the request has no state for it";
}

TEST_F(EventDelivery, PublishedColumnsAreInTheNextSnapshot) {
  ScriptedType& type = library.add("learner", {SHUNT_OBSERVER_ID}, [](Scripted& self) {
    self.events = [host = self.info->host](shunt_ctx* ctx, const shunt_event* events, std::uint32_t) {
      EXPECT_EQ(host->put_number(ctx, 0, events[0].endpoint, 4.5), SHUNT_OK);
      EXPECT_EQ(host->put_number(ctx, 0, 12345, 4.5), SHUNT_NOT_FOUND);
      EXPECT_EQ(host->put_flag(ctx, 0, events[0].endpoint, 1), SHUNT_INVALID);
      EXPECT_EQ(host->put_number(ctx, 1, events[0].endpoint, 4.5), SHUNT_OUT_OF_RANGE);
    };
    return self.write("speed", SHUNT_COLUMN_NUMBER, SHUNT_SCOPE_ENDPOINT);
  });
  type.observer.wants = kCompleted;
  const Built built = build(config_text("{\"type\": \"learner\"},"));
  ASSERT_NE(built.generation, nullptr) << built.text;
  table.add({"a", "a:1", {}}).value();
  shunt_event events[] = {event(SHUNT_EVENT_COMPLETED, 77)};
  events[0].endpoint = endpoint_key("a");
  deliver_events(*built.generation, table, events);
  const auto snapshot = table.publish();
  const Snapshot::Column& column = *snapshot->column(*attributes->find("speed"));
  EXPECT_EQ(column.numbers(1)[0], 4.5);
  EXPECT_EQ(column.as_of_ns[0], 77);
}

// Events, pages and swaps of one instance never overlap each other.
TEST_F(EventDelivery, OneInstanceIsCalledOnceAtATimeOffTheRequestPath) {
  std::atomic<int> inside{0}, most{0};
  const auto visit = [&] {
    most = std::max(most.load(), ++inside);
    std::this_thread::yield();
    --inside;
  };
  ScriptedType& type =
      library.add("slow", {SHUNT_OBSERVER_ID, SHUNT_EXTRACTOR_ID, SHUNT_SWAPPER_ID}, [&](Scripted& self) {
        self.events = [&](shunt_ctx*, const shunt_event*, std::uint32_t) { visit(); };
        self.extract = [&](shunt_ctx*, const shunt_page*) { return visit(), SHUNT_OK; };
        self.evict = [&](shunt_ctx*, const shunt_swap_query*, shunt_swap_plan*) { return visit(), SHUNT_OK; };
        return self.fetch(SHUNT_LITERAL("/metrics"), 1'000'000'000);
      });
  type.observer.wants = kCompleted;
  const Built built = build(config_text("{\"type\": \"slow\"},"));
  ASSERT_NE(built.generation, nullptr) << built.text;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        EndpointTable own{attributes};
        const shunt_event events[] = {event(SHUNT_EVENT_COMPLETED)};
        own.add({"a", "a:1", {}}).value();
        std::vector<ExtractionFailure> failures;
        for (int i = 0; i < 200; ++i) {
          deliver_events(*built.generation, own, events);
          (void)extract_page(*built.generation, own, {.endpoint = "a", .path = "/metrics"}, failures);
          (void)plan_swap(*built.generation, {});
        }
      });
    }
  }
  EXPECT_EQ(most, 1);
}

}  // namespace
}  // namespace shunt::testing
