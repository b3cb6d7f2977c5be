// SPDX-License-Identifier: Apache-2.0
// One request, one run, one generation does not show in the next.
#include "decisions.hpp"

#include <gmock/gmock.h>

#include <chrono>

namespace shunt::integration {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Composition with_queue_scorer() {
  Composition composition;
  composition.library(shipped("queue_scorer"))
      .library(shipped("max_score_picker"))
      .library(shipped("single_profile_handler"))
      .plugin("queue-scorer")
      .plugin("max-score-picker")
      .profile("default")
      .use("queue-scorer")
      .use("max-score-picker");
  return composition;
}

std::vector<std::uint64_t> all_keys(const Snapshot& snapshot) {
  return {snapshot.keys(), snapshot.keys() + snapshot.size()};
}

TEST(Subset, OnlyAllowedEndpointsThatDidNotFailAreCandidates) {
  Pool pool(5);
  const auto snapshot = pool.table.publish();
  Deciding host(with_queue_scorer(), pool.attributes);
  const std::vector<std::uint64_t> subset{endpoint_key("pod-4"), endpoint_key("pod-1"), endpoint_key("pod-3"),
                                          endpoint_key("gone")};
  host.request.excluded = {endpoint_key("pod-1"), endpoint_key("never-was")};
  EXPECT_EQ(host.pick(*snapshot, {.scores = true, .subset = subset}), "pod-3");
  EXPECT_THAT(host.decision.runs[0].rows, ElementsAre(3, 4));
  host.request.excluded = all_keys(*snapshot);
  EXPECT_EQ(host.decide(*snapshot).code, "rejected-no-endpoints");
  host.request.excluded.clear();
  const std::vector<std::uint64_t> none;
  EXPECT_EQ(host.decide(*snapshot, {.subset = none}).code, "rejected-no-endpoints");
  EXPECT_EQ(host.pick(*snapshot), "pod-0");
}

TEST(Fallbacks, AreTheNextBestBeyondAllPicks) {
  Pool pool(6);
  const auto snapshot = pool.table.publish();
  Composition composition = with_queue_scorer();
  composition.plugin("max-score-picker", "two", {{"maxNumOfEndpoints", 2}});
  composition.profile("pair").use("queue-scorer").use("two");
  composition.library(shipped("header_profile_handler"))
      .plugin("header-profile-handler", "", {{"headerName", "profile"}, {"defaultProfile", "pair"}});
  Diagnostics diagnostics;
  const auto generation = composition.build(pool.attributes, diagnostics);
  ASSERT_NE(generation, nullptr) << render_text(diagnostics, false);
  Deciding host(with_queue_scorer(), pool.attributes);
  host.scheduler.publish(generation);
  host.decide(*snapshot, {.fallbacks = 3});
  EXPECT_THAT(host.decision.picks, ElementsAre(0, 1));
  EXPECT_THAT(host.decision.fallbacks, ElementsAre(2, 3, 4));
}

TEST(RequestState, OfAnotherGenerationIsForgotten) {
  Pool pool(3);
  const auto snapshot = pool.table.publish();
  Composition composition = with_queue_scorer();
  composition.library(shipped("approx_prefix_cache_producer")).library(shipped("prefix_cache_scorer"));
  composition.plugin("prefix-cache-scorer").use("prefix-cache-scorer");
  Deciding host(composition, pool.attributes);
  host.request.prompt = std::string(400, 'x');
  host.decide(*snapshot);
  ASSERT_THAT(host.request.plugin_state, ::testing::Not(IsEmpty()));
  const std::vector<std::byte> left(host.request.plugin_state.size(), std::byte{0xee});
  host.request.plugin_state = left;
  host.request.attempt = 1;
  host.request.prompt.clear();  // so that nobody writes anything
  host.decide(*snapshot);
  EXPECT_EQ(host.request.plugin_state, left) << "a retry on the same generation goes on with its state";
  Diagnostics diagnostics;
  host.scheduler.publish(composition.build(pool.attributes, diagnostics));
  host.decide(*snapshot);
  EXPECT_THAT(host.request.plugin_state, ::testing::Each(std::byte{0}));
}

TEST(LiveCounters, CountTokensThatAreKnown) {
  Pool pool(1);
  const auto snapshot = pool.table.publish();
  Deciding host(with_queue_scorer(), pool.attributes);
  host.request.prompt = std::string(400, 'x');
  EXPECT_EQ(host.decide(*snapshot).counted_tokens, 100);
  host.request.prompt += 'x';
  EXPECT_EQ(host.decide(*snapshot).counted_tokens, 101) << "rounded up, as plugins do";
  host.request.token_ids = {1, 2, 3};
  EXPECT_EQ(host.decide(*snapshot).counted_tokens, 3);
  host.request.prompt_tokens = 7;
  EXPECT_EQ(host.decide(*snapshot).counted_tokens, 7);
  host.request.prompt_tokens = ~std::uint64_t{0};
  EXPECT_EQ(host.decide(*snapshot, {.count = true}).counted_tokens, std::numeric_limits<std::int64_t>::max());
}

}  // namespace
}  // namespace shunt::integration
