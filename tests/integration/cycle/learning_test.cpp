// SPDX-License-Identifier: Apache-2.0
// Producers that learn from answers, with the real scheduler around them: what has ended decides where the next request goes.
#include "decisions.hpp"

#include <gmock/gmock.h>

#include <shunt/framework/event_delivery.hpp>
#include <shunt/framework/live_counters.hpp>
#include <shunt/framework/state_transfer.hpp>

#include <functional>
#include <memory>
#include <string>

namespace shunt::integration {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

Composition producers() {
  Composition composition;
  for (const char* library : {"predicted_latency_producer", "inflight_load_producer", "token_producer",
                              "approx_prefix_cache_producer", "latency_scorer", "token_load_scorer",
                              "slo_headroom_tier_filter", "max_score_picker", "single_profile_handler"}) {
    composition.library(shipped(library));
  }
  return composition;
}

// Two servers: the one with the short queue is slow.
class Answering {
 public:
  explicit Answering(const Composition& composition) : host(composition, pool.attributes) {
    pool.add("slow", 0);
    pool.add("fast", 6);
    for (const char* name : {"slow", "fast"}) pool.set(name, "kv_cache_usage", 0.5);
    snapshot = pool.table.publish();
    host.request.streaming = true;
    host.request.prompt_tokens = 500;
  }

  // Decides; `only`: at this endpoint.
  std::string pick(const std::string& only = {}) {
    host.request.plugin_state_generation = 0;  // a request of its own
    host.request.excluded.clear();
    if (!only.empty()) host.request.excluded = {endpoint_key(only == "slow" ? "fast" : "slow")};
    now_ns += kMillisecond;
    return host.pick(*snapshot, {.now_ns = now_ns});
  }
  void tell(std::uint32_t type, const std::string& endpoint, std::int64_t first_token_ms = 0) {
    shunt_event event{};
    event.size = sizeof event;
    event.type = type;
    event.time_ns = now_ns;
    event.cause = SHUNT_CAUSE_NATURAL;
    event.endpoint = endpoint_key(endpoint);
    event.request = &host.request.seal();
    event.attempt = host.request.attempt;
    if (first_token_ms != 0) event.present |= SHUNT_EVENT_TTFT;
    event.ttft_ns = first_token_ms * kMillisecond;
    deliver_events(*host.generation, pool.table, {&event, 1}, {.request = &host.request});
  }
  // A request from decision to end.
  std::string serve(const std::string& only = {}) {
    const std::string picked = pick(only);
    tell(SHUNT_EVENT_COMPLETED, picked, ttft_ms(picked));
    give_back();
    return picked;
  }
  void give_back() {
    const std::uint32_t slot = snapshot->live_slot(host.decision.picks.front());
    const_cast<LiveCounters&>(snapshot->live()).add(slot, -1, -host.decision.counted_tokens);
  }
  void teach(int requests) {
    for (int i = 0; i < requests; ++i) serve(i % 2 == 0 ? "slow" : "fast");
  }

  std::function<std::int64_t(const std::string&)> ttft_ms = [](const std::string& endpoint) {
    return endpoint == "slow" ? 900 : 80;
  };
  Pool pool{0};
  Deciding host;
  std::shared_ptr<const Snapshot> snapshot;
  std::int64_t now_ns = 1'000'000'000'000;
};

TEST(LatencyModels, TheEndpointThatIsReallyFasterIsPickedOnceItHasAnswered) {
  Composition composition = producers();
  composition.plugin("predicted-latency-producer").plugin("latency-scorer");
  Answering servers(composition);
  EXPECT_EQ(servers.pick(), "slow") << "its queue is shorter, and nothing else is known";
  servers.give_back();
  servers.tell(SHUNT_EVENT_COMPLETED, "slow");
  servers.teach(40);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(servers.serve(), "fast");
  // It becomes the slower one, and nobody says so but its answers.
  servers.ttft_ms = [](const std::string& endpoint) { return endpoint == "slow" ? 900 : 4000; };
  int more = 0;
  while (servers.serve() == "fast" && more < 200) ++more;
  EXPECT_LT(more, 100);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(servers.serve(), "slow");
}

TEST(LatencyModels, KeepRequestsWithATargetWhereItIsMet) {
  Composition composition = producers();
  composition.plugin("predicted-latency-producer")
      .plugin("slo-headroom-tier-filter", "", {{"epsilonExploreNeg", 0}})
      .plugin("latency-scorer", "", {{"headroomSelectionStrategy", "least"}});
  Answering servers(composition);
  servers.teach(40);
  servers.host.request.ttft_slo_ns = 200 * kMillisecond;
  servers.host.request.tpot_slo_ns = 50 * kMillisecond;
  EXPECT_EQ(servers.serve(), "fast");
  servers.host.request.ttft_slo_ns = 2000 * kMillisecond;
  EXPECT_EQ(servers.serve(), "slow") << "it just meets the target, and spares the other";
}

// What was learned is there in the generation that replaces this one, whatever parameter changes.
TEST(LatencyModels, OutliveAChangeOfParameters) {
  const auto with_memory = [](double requests) {
    Composition composition = producers();
    composition.plugin("predicted-latency-producer", "", {{"memoryRequests", requests}}).plugin("latency-scorer");
    return composition;
  };
  Answering servers(with_memory(500));
  servers.teach(40);
  ASSERT_EQ(servers.serve(), "fast");
  Diagnostics diagnostics;
  BuildOptions options;
  options.previous = servers.host.generation;
  const auto next = with_memory(100).build(servers.pool.attributes, diagnostics, options);
  ASSERT_NE(next, nullptr) << render_text(diagnostics, false);
  ASSERT_NE(next->find_instance("predicted-latency-producer"),
            servers.host.generation->find_instance("predicted-latency-producer"));
  transfer_state(*servers.host.generation, *next);
  servers.host.scheduler.publish(next);
  servers.host.generation = next;
  EXPECT_EQ(servers.serve(), "fast");
}

// The host's own count of tokens falls when an answer has ended; that of the producer when its first token has come.
TEST(InflightLoad, IsWhatReadersOfTheHostsCountersRead) {
  for (const bool counted : {false, true}) {
    Composition composition = producers();
    if (counted) composition.plugin("inflight-load-producer");
    composition.plugin("token-load-scorer", "", {{"queueThresholdTokens", 10000}});
    Answering servers(composition);
    if (counted) {
      ASSERT_NE(servers.host.generation->find_instance("token-producer"), nullptr)
          << "it needs the tokens of the prompt";
    }
    const std::string first = servers.pick();
    const std::string other = first == "slow" ? "fast" : "slow";
    // A longer prompt goes where nothing is under way.
    servers.host.request.prompt_tokens = 3000;
    ASSERT_EQ(servers.pick(), other);
    // The first token of the second: its prompt is done with, and 500 tokens are under way at the first endpoint.
    servers.tell(SHUNT_EVENT_FIRST_TOKEN, other);
    EXPECT_EQ(servers.pick(), counted ? other : first);
  }
}

}  // namespace
}  // namespace shunt::integration
