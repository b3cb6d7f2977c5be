// SPDX-License-Identifier: Apache-2.0
// breaking.hpp: plugins of each kind that work, fail or dawdle as the test says, and decisions that they take part in.
#pragma once

#include "building.hpp"
#include "runtime/call_context.hpp"

#include <shunt/framework/scheduler.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace shunt::testing {

inline constexpr std::int64_t kMillisecond = 1'000'000;

inline std::int32_t act(void* self) {
  const auto& script = static_cast<Scripted*>(self)->act;
  return script ? script() : SHUNT_OK;
}

// Tables of plugins that do something when they are well. Rows stand in the order of their names, pod-0 first.
inline constexpr shunt_filter_table kDropsFirst{
    sizeof(shunt_filter_table), 0, [](void* self, const shunt_cycle*, const shunt_view*, std::uint8_t* keep) {
      const std::int32_t status = act(self);
      if (status == SHUNT_OK) keep[0] = 0;
      return status;
    }};
// SHUNT_UNAVAILABLE of act(): the answer is no number in one row; SHUNT_NOT_FOUND: in none.
inline constexpr shunt_scorer_table kPrefersLast{
    sizeof(shunt_scorer_table), 0, [](void* self, const shunt_cycle*, const shunt_view* view, double* score) {
      const std::int32_t status = act(self);
      for (std::uint32_t row = 0; row < view->count; ++row) {
        const bool wrong = status == SHUNT_NOT_FOUND || (status == SHUNT_UNAVAILABLE && row == 0);
        score[row] = wrong ? std::numeric_limits<double>::quiet_NaN() : row + 1 == view->count ? 1.0 : 0.0;
      }
      return status == SHUNT_ERROR ? status : std::int32_t{SHUNT_OK};
    }};
inline constexpr shunt_scorer_table kPrefersFirst{sizeof(shunt_scorer_table), 0,
                                                  [](void*, const shunt_cycle*, const shunt_view* view, double* score) {
                                                    for (std::uint32_t row = 0; row < view->count; ++row)
                                                      score[row] = row == 0 ? 0.5 : 0.0;
                                                    return std::int32_t{SHUNT_OK};
                                                  }};
inline constexpr shunt_picker_table kPicksLast{sizeof(shunt_picker_table), 0,
                                               [](void* self, const shunt_cycle*, const shunt_view* view, const double*,
                                                  std::uint32_t* rows, std::uint32_t, std::uint32_t* n) {
                                                 const std::int32_t status = act(self);
                                                 rows[0] = view->count - 1;
                                                 *n = 1;
                                                 return status;
                                               }};
inline constexpr shunt_picker_table kPicksBest{
    sizeof(shunt_picker_table), 0,
    [](void*, const shunt_cycle*, const shunt_view* view, const double* totals, std::uint32_t* rows, std::uint32_t,
       std::uint32_t* n) {
      rows[0] = static_cast<std::uint32_t>(std::max_element(totals, totals + view->count) - totals);
      *n = 1;
      return std::int32_t{SHUNT_OK};
    }};
inline constexpr shunt_producer_table kProducesHint{
    sizeof(shunt_producer_table), 0,
    [](void* self, const shunt_cycle*, const shunt_view*, shunt_output* out, std::uint32_t, std::uint32_t) {
      out->state = SHUNT_OUTPUT_ALL;
      return act(self);
    }};
inline constexpr shunt_observer_table kObserves{
    sizeof(shunt_observer_table), 0, 0,
    [](void* self, const shunt_cycle*, const shunt_view*, const shunt_decision*) { act(self); }, nullptr};
inline constexpr shunt_profile_handler_table kRunsAll{
    sizeof(shunt_profile_handler_table), 0,
    [](void* self, const shunt_cycle* cycle, const shunt_view*, std::uint32_t* next, std::uint32_t, std::uint32_t* n) {
      *n = cycle->n_done == 0 ? 1 : 0;
      next[0] = 0;
      return act(self);
    },
    [](void*, const shunt_cycle*, const shunt_view*, shunt_outcome* outcome) {
      outcome->primary_result = 0;
      return std::int32_t{SHUNT_OK};
    }};

// The same, but what goes wrong is the last call.
inline constexpr shunt_profile_handler_table kConcludesBadly{
    sizeof(shunt_profile_handler_table), 0,
    [](void*, const shunt_cycle* cycle, const shunt_view*, std::uint32_t* next, std::uint32_t, std::uint32_t* n) {
      *n = cycle->n_done == 0 ? 1 : 0;
      next[0] = 0;
      return std::int32_t{SHUNT_OK};
    },
    [](void* self, const shunt_cycle*, const shunt_view*, shunt_outcome* outcome) {
      outcome->primary_result = 0;
      return act(self);
    }};

// The same, with headers.
inline constexpr shunt_profile_handler_table kAnnotatesBadly{
    sizeof(shunt_profile_handler_table), 0,
    [](void*, const shunt_cycle* cycle, const shunt_view*, std::uint32_t* next, std::uint32_t, std::uint32_t* n) {
      *n = cycle->n_done == 0 ? 1 : 0;
      next[0] = 0;
      return host_table().annotate(cycle->ctx, SHUNT_NOTE_REQUEST_HEADER, {"x-prefiller", 11}, {"10.9.9.9:80", 11});
    },
    [](void* self, const shunt_cycle* cycle, const shunt_view*, shunt_outcome* outcome) {
      outcome->primary_result = 0;
      (void)host_table().annotate(cycle->ctx, SHUNT_NOTE_INFO, {"policy", 6}, {"odd", 3});
      return act(self);
    }};

// Four calls of which half may go wrong; tried again after 100 ms, with two calls.
inline constexpr std::string_view kBreaker =
    R"("breaker": {"calls": 4, "failedPercent": 50, "slowPercent": 50, "openMilliseconds": 100, "probes": 2})";

class Breaking : public ::testing::Test, public Workbench {
 protected:
  Breaking() {
    const auto acts = [this](Scripted& self) {
      self.act = [this] {
        calls.fetch_add(1);
        return conduct();
      };
      return std::int32_t{SHUNT_OK};
    };
    add("drops-first", SHUNT_FILTER_ID, &kDropsFirst, acts);
    add("prefers-last", SHUNT_SCORER_ID, &kPrefersLast, acts);
    add("prefers-first", SHUNT_SCORER_ID, &kPrefersFirst, {});
    add("picks-last", SHUNT_PICKER_ID, &kPicksLast, acts);
    add("picks-best", SHUNT_PICKER_ID, &kPicksBest, {});
    add("observes", SHUNT_OBSERVER_ID, &kObserves, acts);
    add("runs-all", SHUNT_PROFILE_HANDLER_ID, &kRunsAll, {});
    add("runs-all-badly", SHUNT_PROFILE_HANDLER_ID, &kRunsAll, acts);
    add("annotates-badly", SHUNT_PROFILE_HANDLER_ID, &kAnnotatesBadly, acts);
    add("concludes-badly", SHUNT_PROFILE_HANDLER_ID, &kConcludesBadly, acts);
    add("produces", SHUNT_PRODUCER_ID, &kProducesHint, [acts](Scripted& self) {
      acts(self);
      return self.write("hint", SHUNT_COLUMN_NUMBER, SHUNT_SCOPE_REQUEST);
    });
    library.add("reads", {SHUNT_SCORER_ID}, [this](Scripted& self) {
      self.score = [this](const shunt_cycle*, const shunt_view* view) {
        hint_absent = (view->columns[0]->flags & SHUNT_COLUMN_FLAG_ABSENT) != 0;
        return std::int32_t{SHUNT_SKIP};
      };
      return self.read("hint", SHUNT_COLUMN_NUMBER, SHUNT_OPTIONAL);
    });
    for (int i = 0; i < 3; ++i) (void)table.add({"pod-" + std::to_string(i), "10.0.0.1:80", {}}).value();
    snapshot = table.publish();
  }

  void add(const std::string& name, const char* id, const void* its_table,
           std::function<std::int32_t(Scripted&)> create) {
    library.add(name, {id}, std::move(create)).tables[id] = its_table;
  }
  static std::int32_t fails() { return SHUNT_ERROR; }
  static std::int32_t works() { return SHUNT_OK; }
  // Longer than the microsecond that with_budget(1) allows, whatever the machine does.
  static std::int32_t dawdles() {
    const auto begun = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - begun < std::chrono::microseconds(200)) {
    }
    return SHUNT_OK;
  }

  struct Parts {
    std::string plugins;     // entries with a comma behind each
    std::string references;  // likewise
    std::string picker = "picks-best";
    std::string handler = "runs-all";
    std::string limits = std::string(kBreaker);
  };
  static std::string text(const Parts& parts) {
    return "{\"plugins\": [" + parts.plugins + R"({"type": "prefers-first"}, {"type": ")" + parts.picker +
           R"("}, {"type": ")" + parts.handler + "\"}], \"limits\": {\"pluginBudgetMicroseconds\": 60000000, " +
           parts.limits + R"(}, "schedulingProfiles": [{"name": "p", "plugins": [)" + parts.references +
           R"({"pluginRef": "prefers-first"}, {"pluginRef": ")" + parts.picker + "\"}]}]}";
  }
  static std::string with_handler(const std::string& type, const std::string& on_error = {}) {
    Parts parts;
    parts.handler = type;
    std::string config = text(parts);
    if (on_error.empty()) return config;
    const std::string written = "{\"type\": \"" + type + "\"";
    return config.insert(config.find(written) + written.size(), ", \"onError\": \"" + on_error + "\"");
  }
  static std::string with_budget(int microseconds, std::string text) {
    const std::string from = "\"pluginBudgetMicroseconds\": 60000000";
    return text.replace(text.find(from), from.size(), "\"pluginBudgetMicroseconds\": " + std::to_string(microseconds));
  }

  void use(const std::string& config) {
    Built built = generation == nullptr ? build(config) : rebuild(config, generation);
    ASSERT_NE(built.generation, nullptr) << built.text;
    generation = built.generation;
    scheduler.publish(generation);
    if (worker == nullptr) worker = std::make_unique<Scheduler::Worker>(scheduler);
  }
  // The name of the endpoint, or the reason for which there is none.
  std::string decide(Scheduler::Worker& by, BreakerUse breakers = BreakerUse::Take, bool trace = false) {
    Request request;
    scheduler.schedule(by, *snapshot, request, {.now_ns = now, .trace = trace, .breakers = breakers}, decision);
    return decision.dispatched() ? std::string(snapshot->name(decision.picks[0])) : decision.reason;
  }
  std::string decide(BreakerUse breakers = BreakerUse::Take) { return decide(*worker, breakers); }
  Scheduler::PluginTotals totals(std::string_view name) const {
    const auto all = scheduler.plugin_totals(*generation);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (generation->instances()[i]->name() == name) return all[i];
    }
    throw std::runtime_error("no such instance");
  }
  // How a decision calls the plugin now: not, once, ...
  int calls_of_one_decision() {
    const int before = calls;
    decide();
    return calls - before;
  }

  std::function<std::int32_t()> conduct = works;
  std::atomic<int> calls{0};
  std::atomic<bool> hint_absent{false};
  std::int64_t now = 1;
  EndpointTable table{attributes};
  std::shared_ptr<const Snapshot> snapshot;
  Scheduler scheduler;
  std::shared_ptr<const Generation> generation;
  std::unique_ptr<Scheduler::Worker> worker;
  Decision decision;
};

}  // namespace shunt::testing
