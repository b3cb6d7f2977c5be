// SPDX-License-Identifier: Apache-2.0
// What a plugin remembers is bounded: many decisions and events, every one of a user, a session and a prompt of its own, leave
// the memory in use where it was. SHUNT_BOUNDS_EVENTS says how many (20,000).
#include "catalogue.hpp"

#include <shunt/framework/event_delivery.hpp>

#include <gtest/gtest.h>
#include <malloc.h>

#include <array>
#include <cstdlib>

namespace shunt::integration {
namespace {

std::uint64_t events_to_send() {
  const char* text = std::getenv("SHUNT_BOUNDS_EVENTS");
  return text == nullptr ? 20'000 : std::strtoull(text, nullptr, 10);
}

// Of the small blocks and the mapped ones.
std::size_t memory_in_use() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

class Bounds : public ::testing::TestWithParam<ShippedType> {
 protected:
  Bounds() { fill_pool(pool_, kEndpoints); }

  // Three events of one request: a decision, that it was sent, and that it has ended.
  void live_through(Deciding& host, const Snapshot& snapshot, std::uint64_t number) {
    fill_request(host.request, number, kNeverTwice);
    const auto now = static_cast<std::int64_t>(number) * 1'000'000;
    const Decision& decision = host.decide(snapshot, {.now_ns = now, .seed = number});
    ASSERT_TRUE(decision.dispatched()) << decision.code;
    std::array<shunt_event, 2> events{};
    for (shunt_event& event : events) {
      event.size = sizeof event;
      event.endpoint = snapshot.keys()[decision.picks.front()];
      event.request = &host.request.raw();
      event.time_ns = now;
    }
    events[0].type = SHUNT_EVENT_DISPATCHED;
    events[1].type = SHUNT_EVENT_COMPLETED;
    deliver_events(*host.generation, pool_.table, events, {.request = &host.request});
  }

  static constexpr std::size_t kEndpoints = 12;
  static constexpr std::uint64_t kNeverTwice = 1ull << 60;
  Pool pool_{0};
};

TEST_P(Bounds, HoldUnderManyEvents) {
  const auto snapshot = pool_.table.publish();
  Deciding host(composition_of(GetParam()), pool_.attributes);
  const std::uint64_t requests = events_to_send() / 3;
  std::uint64_t number = 0;
  // By then everything is full: 1,024 users and sessions, 1,000 blocks of 12 endpoints at 62 a prompt.
  for (; number < requests / 2; ++number) ASSERT_NO_FATAL_FAILURE(live_through(host, *snapshot, number));
  const std::size_t before = memory_in_use();
  for (; number < requests; ++number) ASSERT_NO_FATAL_FAILURE(live_through(host, *snapshot, number));
  EXPECT_LE(memory_in_use(), before + 16384) << "after " << requests << " requests";
}

std::vector<ShippedType> those_that_remember() {
  std::vector<ShippedType> found;
  for (const ShippedType& one : shipped_types()) {
    if (one.remembers) found.push_back(one);
  }
  return found;
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Bounds, ::testing::ValuesIn(those_that_remember()), TestName());

// Nobody else keeps anything: a type that listens to decisions or events, or has a state to hand over, remembers.
TEST(BoundsTable, NamesAllThatListen) {
  for (const ShippedType& one : shipped_types()) {
    const auto loaded = shipped(one.library);
    for (const PluginDescription& plugin : loaded->plugins()) {
      if (plugin.type != one.type) continue;
      EXPECT_EQ(one.remembers, plugin.offers("shunt.observer/1") || plugin.offers("shunt.state/1")) << one.type;
    }
  }
}

}  // namespace
}  // namespace shunt::integration
