// SPDX-License-Identifier: Apache-2.0
// The rules against their closed form.
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;

RC_GTEST_PROP(WorkloadPriorityProfileHandlerProperty, IsItsClosedForm, ()) {
  const auto maybe = [](auto value) { return *rc::gen::arbitrary<bool>() ? std::optional(value) : std::nullopt; };
  const auto priority = maybe(*rc::gen::inRange(-3, 4));
  const auto deadline_ms = maybe(*rc::gen::inRange<std::int64_t>(0, 500));
  const auto size =
      maybe(*rc::gen::oneOf(rc::gen::inRange<std::uint64_t>(0, 1'000'000), rc::gen::arbitrary<std::uint64_t>()));
  const auto flops = maybe(static_cast<double>(*rc::gen::inRange<std::uint64_t>(0, 2'000'000'000)));
  const auto batch =
      maybe(*rc::gen::oneOf(rc::gen::inRange<std::uint64_t>(0, 10), rc::gen::arbitrary<std::uint64_t>()));
  RequestBuilder request;
  if (priority) request.priority(*priority);
  if (deadline_ms) request.deadline_ns(*deadline_ms * 1'000'000);
  if (size) request.input_bytes(*size);
  if (flops) request.estimated_flops(*flops);
  if (batch) request.batch_size(*batch);

  const bool throughput = priority.value_or(0) < 1 && deadline_ms.value_or(250) >= 250 &&
                          size.value_or(500'001) > 500'000 && flops.value_or(2e9) > 1e9 && batch.value_or(1) >= 5;
  FakeHost host;
  host.add_profile("latency-critical");
  host.add_profile("throughput");
  PluginUnderTest plugin(shunt_library_entry_v1, "workload-priority-profile-handler", "{}", host);
  RC_ASSERT(plugin.pick_profiles(EndpointSet(), request).profiles == Rows{throughput ? 1u : 0u});
}

}  // namespace
