// SPDX-License-Identifier: Apache-2.0
// Invariants of decisions over random pools: order of endpoints, determinism, exclusion, compaction.
#include "decisions.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace shunt::integration {
namespace {

Composition everything() {
  Composition composition;
  for (const char* name :
       {"queue_scorer", "running_requests_size_scorer", "kv_cache_utilization_scorer", "load_aware_scorer",
        "lora_affinity_scorer", "prefix_cache_scorer", "approx_prefix_cache_producer", "utilization_filter",
        "max_score_picker", "single_profile_handler"}) {
    composition.library(shipped(name));
  }
  composition.plugin("utilization-filter", "", {{"conditions", {{{"metric", "waiting-queue"}, {"maxValue", 6}}}}})
      .plugin("queue-scorer")
      .plugin("running-requests-size-scorer")
      .plugin("kv-cache-utilization-scorer")
      .plugin("load-aware-scorer")
      .plugin("lora-affinity-scorer")
      .plugin("prefix-cache-scorer")
      .plugin("max-score-picker")
      .profile("default")
      .use("utilization-filter")
      .use("queue-scorer", 2.0)
      .use("running-requests-size-scorer")
      .use("kv-cache-utilization-scorer", 0.5)
      .use("load-aware-scorer")
      .use("lora-affinity-scorer", 3.0)
      .use("prefix-cache-scorer")
      .use("max-score-picker");
  return composition;
}

struct RandomEndpoint {
  std::string name;
  std::optional<int> queue, running;
  std::optional<double> usage;
  bool adapter;
};

std::vector<RandomEndpoint> random_endpoints() {
  const int n = *rc::gen::inRange(1, 80);
  std::vector<RandomEndpoint> all;
  for (int i = 0; i < n; ++i) {
    RandomEndpoint endpoint{"pod-" + std::to_string(i), {}, {}, {}, *rc::gen::arbitrary<bool>()};
    if (*rc::gen::inRange(0, 10) != 0) endpoint.queue = *rc::gen::inRange(0, 10);
    if (*rc::gen::inRange(0, 10) != 0) endpoint.running = *rc::gen::inRange(0, 4);
    if (*rc::gen::inRange(0, 10) != 0) endpoint.usage = *rc::gen::inRange(0, 101) / 100.0;
    all.push_back(endpoint);
  }
  return all;
}

void fill(Pool& pool, const std::vector<RandomEndpoint>& endpoints) {
  for (const RandomEndpoint& endpoint : endpoints) {
    pool.table.add({endpoint.name, "", {}}).value();
    if (endpoint.queue) pool.set(endpoint.name, "queue", static_cast<double>(*endpoint.queue));
    if (endpoint.running) pool.set(endpoint.name, "running", static_cast<double>(*endpoint.running));
    if (endpoint.usage) pool.set(endpoint.name, "kv_cache_usage", *endpoint.usage);
    pool.set(endpoint.name, "max_active_models", 2.0);
    pool.set(endpoint.name, "active_models",
             endpoint.adapter ? std::vector<std::string>{"base", "lora"} : std::vector<std::string>{"base"});
  }
}

std::map<std::string, double> totals_by_name(const Decision& decision, const Snapshot& snapshot) {
  std::map<std::string, double> totals;
  if (decision.run_count == 0) return totals;
  const ProfileRun& run = decision.runs[0];
  for (std::size_t k = 0; k < run.rows.size(); ++k) totals[std::string(snapshot.name(run.rows[k]))] = run.totals[k];
  return totals;
}

RC_GTEST_PROP(Decisions, PermutedEndpointsPermuteTheScoresAndChangeNoPick, ()) {
  auto endpoints = random_endpoints();
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  Pool first(0), second(0);
  fill(first, endpoints);
  std::shuffle(endpoints.begin(), endpoints.end(), std::mt19937_64(seed));
  fill(second, endpoints);
  const auto a = first.table.publish(), b = second.table.publish();
  Deciding one(everything(), first.attributes), two(everything(), second.attributes);
  for (Deciding* host : {&one, &two}) {
    host->request.model = "lora";
    host->request.prompt = "the same words for both";
  }
  // Twice: the second request finds the first one's prefix.
  for (int round = 0; round < 2; ++round) {
    RC_ASSERT(one.pick(*a, {.seed = seed, .scores = true}) == two.pick(*b, {.seed = seed, .scores = true}));
    RC_ASSERT(totals_by_name(one.decision, *a) == totals_by_name(two.decision, *b));
    RC_ASSERT(one.decision.outcome == two.decision.outcome);
    RC_ASSERT(one.decision.code == two.decision.code);
  }
}

RC_GTEST_PROP(Decisions, AreTheSameWithTheSameSeed, ()) {
  const auto endpoints = random_endpoints();
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  Pool pool(0);
  fill(pool, endpoints);
  const auto snapshot = pool.table.publish();
  Deciding one(everything(), pool.attributes), two(everything(), pool.attributes);
  for (int round = 0; round < 5; ++round) {
    RC_ASSERT(one.pick(*snapshot, {.seed = seed}) == two.pick(*snapshot, {.seed = seed, .trace = true}));
  }
}

RC_GTEST_PROP(Decisions, ExcludedEndpointsAreNeverPickedAndFiltersNeverOverruled, ()) {
  const auto endpoints = random_endpoints();
  Pool pool(0);
  fill(pool, endpoints);
  const auto snapshot = pool.table.publish();
  Deciding host(everything(), pool.attributes);
  std::vector<std::string> excluded;
  for (const RandomEndpoint& endpoint : endpoints) {
    if (!*rc::gen::arbitrary<bool>()) continue;
    excluded.push_back(endpoint.name);
    host.request.excluded.push_back(endpoint_key(endpoint.name));
  }
  const std::string pick = host.pick(*snapshot, {.fallbacks = 3, .scores = true});
  RC_ASSERT(std::find(excluded.begin(), excluded.end(), pick) == excluded.end());
  if (excluded.size() == endpoints.size()) RC_ASSERT(host.decision.code == "rejected-no-endpoints");
  for (const std::uint32_t row : host.decision.fallbacks) {
    RC_ASSERT(std::find(excluded.begin(), excluded.end(), snapshot->name(row)) == excluded.end());
    RC_ASSERT(row != host.decision.picks.front());
  }
  for (const auto& [name, total] : totals_by_name(host.decision, *snapshot)) {
    const auto endpoint =
        std::find_if(endpoints.begin(), endpoints.end(), [&](const auto& e) { return e.name == name; });
    RC_ASSERT(endpoint->queue.value_or(0) <= 6);
    RC_ASSERT(total >= 0.0 && total <= 8.5);
  }
}

RC_GTEST_PROP(Decisions, ReplayedOutputsGiveTheSameDecision, ()) {
  const auto endpoints = random_endpoints();
  Pool pool(0);
  fill(pool, endpoints);
  const auto snapshot = pool.table.publish();
  Deciding host(everything(), pool.attributes), stranger(everything(), pool.attributes);
  host.request.prompt = stranger.request.prompt = std::string(500, 'x');
  for (int i = 0; i < 3; ++i) host.decide(*snapshot);
  const std::string expected = host.pick(*snapshot, {.trace = true});
  // The other host has never seen the prompt: only what was recorded tells it where the prefix lies.
  const std::vector<RecordedOutput> recorded = host.decision.recorded;
  stranger.number = host.number - 1;
  RC_ASSERT(stranger.pick(*snapshot, {.trace = true, .replay = &recorded}) == expected);
  RC_ASSERT(totals_by_name(stranger.decision, *snapshot) == totals_by_name(host.decision, *snapshot));
}

}  // namespace
}  // namespace shunt::integration
