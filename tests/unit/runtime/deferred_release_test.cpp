// SPDX-License-Identifier: Apache-2.0
// shunt_host.retire() seen from a plugin: a release never runs while a call that may see the object does.
#include <shunt/framework/event_delivery.hpp>
#include <shunt/framework/extraction.hpp>
#include <shunt/framework/swap_planner.hpp>

#include "building.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

namespace shunt::testing {
namespace {

struct Object {
  std::atomic<bool> released{false};
};

void release(void* object) { static_cast<Object*>(object)->released = true; }

class DeferredRelease : public ::testing::Test, public Workbench {
 protected:
  // Events retire the shared object. Pages and swaps look at it for as long as the test wants.
  void SetUp() override {
    // Two instances: calls of these kinds never overlap on one.
    ScriptedType& type = library.add("shares", {SHUNT_OBSERVER_ID}, [this](Scripted& self) {
      self.events = [this, host = self.info->host](shunt_ctx* ctx, const shunt_event*, std::uint32_t) {
        Object* old = current.exchange(&next);
        EXPECT_EQ(host->retire(ctx, release, old), SHUNT_OK);
        released_inside = old->released.load();
      };
      return SHUNT_OK;
    });
    type.observer.wants = SHUNT_EVENT_BIT(SHUNT_EVENT_COMPLETED);
    library.add("looks", {SHUNT_EXTRACTOR_ID, SHUNT_SWAPPER_ID}, [this](Scripted& self) {
      self.extract = [this](shunt_ctx*, const shunt_page*) { return look(); };
      self.evict = [this](shunt_ctx*, const shunt_swap_query*, shunt_swap_plan*) { return look(); };
      return self.fetch(SHUNT_LITERAL("/metrics"), 1'000'000'000);
    });
    generation = build(config_text("{\"type\": \"shares\"}, {\"type\": \"looks\"},")).generation;
    ASSERT_NE(generation, nullptr);
  }

  std::int32_t look() {
    Object* seen = current;
    looking.count_down();
    may_end.wait();
    released_while_seen = seen->released.load();
    return SHUNT_OK;
  }

  void deliver() {
    shunt_event events[1]{};
    events[0].size = sizeof(shunt_event);
    events[0].type = SHUNT_EVENT_COMPLETED;
    deliver_events(*generation, table, events);
  }

  Object first, next;
  std::atomic<Object*> current{&first};
  std::latch looking{1}, may_end{1};
  std::atomic<bool> released_inside{false}, released_while_seen{false};
  std::shared_ptr<const Generation> generation;
  EndpointTable table{attributes};
};

TEST_F(DeferredRelease, WaitsForTheCallThatAskedForIt) {
  deliver();
  EXPECT_FALSE(released_inside) << "the caller may go on using it until it returns";
  EXPECT_TRUE(first.released) << "and nobody else could see it";
}

// Another instance of the same library may run meanwhile and see what the library shares.
TEST_F(DeferredRelease, WaitsForSwapsOnOtherThreads) {
  std::jthread swapping([&] { (void)plan_swap(*generation, {}); });
  looking.wait();
  deliver();
  EXPECT_FALSE(first.released);
  may_end.count_down();
  swapping.join();
  EXPECT_FALSE(released_while_seen);
  EXPECT_TRUE(first.released) << "collected at the end of the call that was waited for";
}

TEST_F(DeferredRelease, DestroyComesAfterTheReleases) {
  bool order_kept = false;
  const auto* instance = generation->find_instance("shares");
  static_cast<Scripted*>(instance->self())->destroyed = [&] { order_kept = first.released; };
  std::jthread swapping(
      [&, keep = build(config_text("{\"type\": \"looks\"},")).generation] { (void)plan_swap(*keep, {}); });
  looking.wait();
  deliver();
  EXPECT_FALSE(first.released) << "a call of another generation is running";
  generation.reset();
  EXPECT_TRUE(order_kept);
  may_end.count_down();
}

}  // namespace
}  // namespace shunt::testing
