// SPDX-License-Identifier: Apache-2.0
#include "decision_notes.hpp"
#include "parallelism.hpp"

#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace sagellm {
namespace {

using namespace shunt::testing;

// A request never becomes less urgent while it waits: once the fast profile is asked for, it stays so.
RC_GTEST_PROP(PolicyHandlersProperty, UrgencyGrowsWithTime, ()) {
  FakeHost host;
  host.add_profile("balanced");
  host.add_profile("fast");
  PluginUnderTest plugin(shunt_library_entry_v1, "slo-aware-profile-handler", "{}", host);
  RequestBuilder request;
  request.arrival_ns(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000))
      .deadline_ns(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000));
  std::uint32_t before = 0;
  std::int64_t now = 0;
  for (int i = 0; i < 30; ++i) {
    now += *rc::gen::inRange<std::int64_t>(0, 200'000'000);
    const std::uint32_t profile = plugin.pick_profiles(EndpointSet(), request, {.now_ns = now}).profiles.at(0);
    RC_ASSERT(profile >= before);
    before = profile;
  }
}

// The rule of the adaptive policy in one expression.
RC_GTEST_PROP(PolicyHandlersProperty, AdaptiveChoosesOnePolicyByItsRules, (bool waiting_deadline, bool load_known)) {
  FakeHost host;
  for (const char* name : {"balanced", "fast", "cost"}) host.add_profile(name);
  PluginUnderTest plugin(shunt_library_entry_v1, "adaptive-profile-handler", "{}", host);
  const int priority = *rc::gen::inRange(-2, 3);
  const double load = *rc::gen::inRange(0, 101) / 100.0;
  const int waiting = *rc::gen::inRange(-3, 3);  // the highest that waits; -3: nothing does
  Surroundings around{.any_deadline = waiting_deadline};
  if (load_known) around.mean_load = load;
  if (waiting > -3) around.bands = {{.priority = waiting, .waiting = 1}};
  RequestBuilder request;
  request.priority(priority);
  const bool high = priority >= 1 || waiting >= 1;
  const std::uint32_t expected = priority >= 1 ? 1u : !high && load_known && load < 0.3 ? 2u : 0u;
  RC_ASSERT(plugin.pick_profiles(EndpointSet(), request, around).profiles == Rows{expected});
}

RC_GTEST_PROP(ParallelismProperty, NeverTakesMoreAcceleratorsThanThereAre, ()) {
  const double gpus = *rc::gen::inRange(1, 2000);
  const std::string hint = *rc::gen::element<std::string>("", "tp", "pp", "dp", "ep", "hybrid", "?");
  const Parallelism plan = parallelism_of(gpus, hint);
  RC_ASSERT(plan.tensor * plan.pipeline * plan.data * plan.expert <= gpus);
}

}  // namespace
}  // namespace sagellm
