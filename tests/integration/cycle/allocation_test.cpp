// SPDX-License-Identifier: Apache-2.0
// A cycle allocates nothing once its memory has grown: counted at malloc itself, plugins included.
#define SHUNT_LIBRARY_ENTRY notes_entry
#include <shunt/sdk/draft/decider.hpp>
#include <shunt/sdk/library.hpp>

#include "catalogue.hpp"

#include <gtest/gtest.h>

#include <shunt/framework/event_delivery.hpp>

#include <dlfcn.h>
#include <atomic>

namespace {

std::atomic<bool> g_counting{false};
std::atomic<std::uint64_t> g_allocations{0};

void count() {
  if (g_counting.load(std::memory_order_relaxed)) g_allocations.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

// The program's definitions come before those of the C library, for loaded plugins as well.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

__attribute__((visibility("default"))) void* malloc(std::size_t size) {
  count();
  return __libc_malloc(size);
}
__attribute__((visibility("default"))) void* calloc(std::size_t n, std::size_t size) {
  count();
  return __libc_calloc(n, size);
}
__attribute__((visibility("default"))) void* realloc(void* old, std::size_t size) {
  count();
  return __libc_realloc(old, size);
}
__attribute__((visibility("default"))) void* aligned_alloc(std::size_t alignment, std::size_t size) {
  count();
  return __libc_memalign(alignment, size);
}
}

namespace shunt::integration {
namespace {

template <class Function>
std::uint64_t allocations_of(Function&& function) {
  g_allocations = 0;
  g_counting = true;
  function();
  g_counting = false;
  return g_allocations;
}

TEST(Allocations, AreCounted) {
  EXPECT_GT(allocations_of([] { delete new std::string(100, 'x'); }), 0u);
}

void expect_none(const Composition& composition, std::size_t endpoints) {
  Pool pool(0);
  for (std::size_t i = 0; i < endpoints; ++i) {
    const std::string name = "pod-" + std::to_string(i);
    pool.table.add({name, "", {{"llm-d.ai/role", i % 2 == 0 ? "decode" : "prefill"}}}).value();
    pool.set(name, "queue", static_cast<double>(i % 8));
    pool.set(name, "running", static_cast<double>(i % 5));
    pool.set(name, "kv_cache_usage", static_cast<double>(i % 10) / 10);
    pool.set(name, "max_active_models", 2.0);
    pool.set(name, "max_concurrency", 100.0);
    pool.set(name, "active_models", std::vector<std::string>{"base", "lora-" + std::to_string(i % 40)});
  }
  const auto snapshot = pool.table.publish();
  Deciding host(composition, pool.attributes);
  host.request.model = "lora-3";
  host.request.prompt = std::string(2000, 'p');
  host.request.headers = {{"epp-profile", "default"}};
  // Random picks fill one prefix index after the other: steady state is when every endpoint has been picked before. What learns
  // from answers has had some.
  for (int i = 0; i < 4000; ++i) {
    ASSERT_TRUE(host.decide(*snapshot, {.fallbacks = 2}).dispatched()) << host.decision.reason;
    shunt_event event{};
    event.size = sizeof event;
    event.type = SHUNT_EVENT_COMPLETED;
    event.cause = SHUNT_CAUSE_NATURAL;
    event.endpoint = snapshot->keys()[host.decision.picks.front()];
    event.request = &host.request.raw();
    event.present = SHUNT_EVENT_DURATION;
    event.duration_ns = 5'000'000;
    deliver_events(*host.generation, pool.table, {&event, 1}, {.request = &host.request});
  }
  EXPECT_EQ(allocations_of([&] {
              for (int i = 0; i < 100; ++i) host.decide(*snapshot, {.fallbacks = 2});
            }),
            0u);
}

Composition all_libraries() {
  Composition composition;
  for (const char* name : {"queue_scorer",
                           "running_requests_size_scorer",
                           "kv_cache_utilization_scorer",
                           "load_aware_scorer",
                           "lora_affinity_scorer",
                           "prefix_cache_scorer",
                           "approx_prefix_cache_producer",
                           "utilization_filter",
                           "label_selector_filter",
                           "role_filters",
                           "max_score_picker",
                           "random_picker",
                           "weighted_random_picker",
                           "single_profile_handler",
                           "header_profile_handler",
                           "predicted_latency_producer",
                           "inflight_load_producer",
                           "token_producer",
                           "session_id_producer",
                           "latency_scorer",
                           "token_load_scorer"}) {
    composition.library(shipped(name));
  }
  return composition;
}

TEST(Allocations, NoneInACycleOfScorers) {
  Composition composition = all_libraries();
  composition.plugin("queue-scorer")
      .plugin("running-requests-size-scorer")
      .plugin("kv-cache-utilization-scorer")
      .plugin("load-aware-scorer")
      .plugin("lora-affinity-scorer")
      .plugin("prefix-cache-scorer");
  for (const std::size_t n : {1u, 100u, 1000u}) expect_none(composition, n);
}

TEST(Allocations, NoneInProducersThatCountAndLearn) {
  Composition composition = all_libraries();
  composition.plugin("inflight-load-producer")
      .plugin("predicted-latency-producer")
      .plugin("session-id-producer", "", {{"headerName", "epp-profile"}})
      .plugin("token-load-scorer")
      .plugin("latency-scorer");
  for (const std::size_t n : {1u, 100u, 1000u}) expect_none(composition, n);
}

TEST(Allocations, NoneWithFiltersAndEveryPicker) {
  for (const char* picker : {"max-score-picker", "random-picker", "weighted-random-picker"}) {
    Composition composition = all_libraries();
    composition.plugin("decode-filter")
        .plugin("utilization-filter", "", {{"conditions", {{{"metric", "active-requests"}, {"maxValue", 1e6}}}}})
        .plugin("queue-scorer")
        .plugin("prefix-cache-scorer")
        .plugin(picker, "", {{"maxNumOfEndpoints", 3}})
        .plugin("header-profile-handler", "", {{"defaultProfile", "default"}});
    expect_none(composition, 200);
  }
}

class EveryType : public ::testing::TestWithParam<ShippedType> {};

TEST_P(EveryType, AllocatesNothing) {
  Pool pool(0);
  fill_pool(pool, 60);
  const auto snapshot = pool.table.publish();
  Deciding host(composition_of(GetParam()), pool.attributes);
  const auto allocations = [&](std::uint64_t from, std::uint64_t to) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = from; i < to; ++i) {
      // Filling a request is no part of a decision.
      fill_request(host.request, i, 7);
      host.request.seal();
      sum += allocations_of(
          [&] { host.decide(*snapshot, {.now_ns = static_cast<std::int64_t>(i), .seed = i, .fallbacks = 2}); });
      EXPECT_TRUE(host.decision.dispatched()) << host.decision.code;
    }
    return sum;
  };
  allocations(0, 1000);
  EXPECT_EQ(allocations(1000, 1200), 0u);
}

INSTANTIATE_TEST_SUITE_P(Allocations, EveryType, ::testing::ValuesIn(shipped_types().begin(), shipped_types().end()),
                         TestName());

// A peer with memory and a note of its own, and a handler that asks it and sets headers beyond the small-string size.
struct Asked {
  SHUNT_PLUGIN("asked", "1.0.0", "says yes, at length")
  static constexpr std::array<std::string_view, 1> kExtraInterfaces{SHUNT_DECIDER_ID};
  explicit Asked(sdk::Init& init) { init.scratch(64); }
  sdk::Status decide(const sdk::Cycle& cycle, sdk::View, bool& yes) const {
    yes = cycle.allocate<char>(500).size() == 500;
    return sdk::set_response_header(cycle, "x-asked-by-whom-it-may-concern", "a value that no small string can hold");
  }
  const void* extra_interface(std::string_view id) const { return sdk::decider_table<Asked>(id); }
};

struct Asking {
  SHUNT_PLUGIN("asking", "1.0.0", "asks before it runs the only profile")
  sdk::Decider asked;
  explicit Asking(sdk::Init& init) : asked(init, "asked") {}
  sdk::Status pick_profiles(const sdk::Cycle& cycle, sdk::View, sdk::ProfileList& next) const {
    if (!cycle.results().empty()) return SHUNT_OK;
    std::optional<bool> yes;
    if (const sdk::Status status = asked.ask(cycle, yes); status < 0 || !yes.value_or(false)) return SHUNT_ERROR;
    if (const sdk::Status status =
            sdk::set_request_header(cycle, "x-set-by-the-handler-itself", "another long value, set anew");
        status < 0) {
      return status;
    }
    next.add(0);
    return SHUNT_OK;
  }
  void process_results(const sdk::Cycle&, sdk::View, sdk::Outcome& outcome) const { outcome.choose(0); }
};

SHUNT_LIBRARY(Asked, Asking)

TEST(Allocations, NoneWithNotesAndPeers) {
  Composition composition = all_libraries();
  composition.library(Library::from_entry(notes_entry, "notes").value())
      .plugin("asked")
      .plugin("asking")
      .plugin("queue-scorer");
  expect_none(composition, 50);
}

}  // namespace
}  // namespace shunt::integration
