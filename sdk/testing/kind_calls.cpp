// SPDX-License-Identifier: Apache-2.0
// kind_calls.cpp: the calls of PluginUnderTest into the five kinds.
#include <shunt/testing/plugin_under_test.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <stdexcept>

#include "call_frame.hpp"
#include "text.hpp"

namespace shunt::testing {

Scores PluginUnderTest::score(const EndpointSet& endpoints, const RequestBuilder& request, const Surroundings& around) {
  Scores answer;
  const auto* table = need<shunt_scorer_table>(SHUNT_SCORER_ID, answer);
  if (table == nullptr) return answer;
  CallFrame frame = CallFrame::in_profile(instance(), Stage::Hot, endpoints, request, around);
  PaddedArray<double> out(frame.view().size(), std::numeric_limits<double>::quiet_NaN());
  answer.status = table->score(self(), &frame.cycle(), &frame.view().raw(), out.data());
  answer.values.assign(out.elements().begin(), out.elements().end());
  answer.intact = out.intact();
  frame.finish(answer);
  return answer;
}

Kept PluginUnderTest::filter(const EndpointSet& endpoints, const RequestBuilder& request, const Surroundings& around) {
  Kept answer;
  const auto* table = need<shunt_filter_table>(SHUNT_FILTER_ID, answer);
  if (table == nullptr) return answer;
  CallFrame frame = CallFrame::in_profile(instance(), Stage::Hot, endpoints, request, around);
  PaddedArray<std::uint8_t> out(frame.view().size(), 1);
  answer.status = table->filter(self(), &frame.cycle(), &frame.view().raw(), out.data());
  answer.keep.assign(out.elements().begin(), out.elements().end());
  answer.intact = out.intact();
  for (std::size_t i = 0; i < answer.keep.size(); ++i) {
    if (answer.keep[i] != 0) answer.base_rows.push_back(frame.view().base_rows()[i]);
  }
  frame.finish(answer);
  return answer;
}

Picked PluginUnderTest::pick(const std::vector<double>& totals, const EndpointSet& endpoints,
                             const RequestBuilder& request, const Surroundings& around) {
  Picked answer;
  const auto* table = need<shunt_picker_table>(SHUNT_PICKER_ID, answer);
  if (table == nullptr) return answer;
  CallFrame frame = CallFrame::in_profile(instance(), Stage::Hot, endpoints, request, around);
  const BuiltView& view = frame.view();
  if (totals.size() != view.size()) throw std::invalid_argument("pick() needs one total per candidate");
  PaddedArray<double> in(view.size());
  std::copy(totals.begin(), totals.end(), in.data());
  PaddedArray<std::uint32_t> out(view.size(), SHUNT_NONE);
  const auto capacity = static_cast<std::uint32_t>(view.size());
  std::uint32_t n = 0;
  answer.status = table->pick(self(), &frame.cycle(), &view.raw(), in.data(), out.data(), capacity, &n);
  answer.intact = in.intact() && out.intact() && n <= capacity;
  answer.rows.assign(out.data(), out.data() + std::min(n, capacity));
  for (const std::uint32_t row : answer.rows) {
    if (row < view.size()) answer.base_rows.push_back(view.base_rows()[row]);
  }
  frame.finish(answer);
  return answer;
}

NextProfiles PluginUnderTest::pick_profiles(const EndpointSet& endpoints, const RequestBuilder& request,
                                            const Surroundings& around, std::optional<std::uint32_t> room) {
  NextProfiles answer;
  const auto* table = need<shunt_profile_handler_table>(SHUNT_PROFILE_HANDLER_ID, answer);
  if (table == nullptr) return answer;
  CallFrame frame = CallFrame::over_base(instance(), Stage::PickProfiles, endpoints, request, around);
  const std::uint32_t profiles = fake_host().profile_count();
  const std::uint32_t capacity = room.value_or(std::max(profiles, 1u));
  const std::uint32_t known = profiles > 0 ? profiles : capacity;
  PaddedArray<std::uint32_t> next(capacity, SHUNT_NONE);
  std::uint32_t n = 0;
  answer.status = table->pick_profiles(self(), &frame.cycle(), &frame.view().raw(), next.data(), capacity, &n);
  answer.profiles.assign(next.data(), next.data() + std::min(n, capacity));
  answer.intact = next.intact() && n <= capacity &&
                  std::all_of(answer.profiles.begin(), answer.profiles.end(),
                              [known](std::uint32_t profile) { return profile < known; });
  static_cast<Notes&>(answer) = frame.call().notes;
  frame.finish(answer);
  return answer;
}

Verdict PluginUnderTest::process_results(const EndpointSet& endpoints, const RequestBuilder& request,
                                         const Surroundings& around) {
  Verdict answer;
  const auto* table = need<shunt_profile_handler_table>(SHUNT_PROFILE_HANDLER_ID, answer);
  if (table == nullptr) return answer;
  CallFrame frame = CallFrame::over_base(instance(), Stage::ProcessResults, endpoints, request, around);
  shunt_outcome outcome{};
  outcome.size = sizeof outcome;
  outcome.primary_result = SHUNT_NONE;
  answer.status = table->process_results(self(), &frame.cycle(), &frame.view().raw(), &outcome);
  answer.primary_result = outcome.primary_result;
  answer.rejected = outcome.reject != 0;
  answer.http_status = outcome.http_status;
  answer.code = detail::copy(outcome.code);
  answer.reason = detail::copy(outcome.reason);
  static_cast<Notes&>(answer) = frame.call().notes;
  answer.replaced_picks = frame.call().replaced_picks;
  frame.finish(answer);
  return answer;
}

Eviction PluginUnderTest::eviction_for(const SwapBuilder& builder) {
  Eviction answer;
  const auto* table = need<shunt_swapper_table>(SHUNT_SWAPPER_ID, answer);
  if (table == nullptr) return answer;
  FakeCall call(instance(), Stage::EvictionFor);
  BuiltSwap swap(builder);
  shunt_swap_plan& plan = swap.plan();
  answer.status = table->eviction_for(self(), call.handle(), &swap.query(), &plan);
  answer.intact =
      swap.intact() && plan.n_victims <= plan.victims_capacity && plan.n_placement <= plan.placement_capacity;
  const std::vector<std::string> ids = builder.running_ids();
  for (std::uint32_t i = 0; answer.intact && i < plan.n_victims; ++i) {
    const std::uint32_t victim = plan.victims[i];
    answer.victims.push_back(victim < ids.size() ? ids[victim] : "#" + std::to_string(victim));
  }
  if (answer.intact) answer.placement.assign(plan.placement, plan.placement + plan.n_placement);
  answer.retry_after_ns = plan.retry_after_ns;
  answer.reason = detail::copy(plan.reason).substr(0, 1024);  // as much as the host keeps
  finish(answer, call);
  return answer;
}

Answer PluginUnderTest::swap_start(const SwapBuilder& builder, std::uint64_t ticket) {
  Answer answer;
  const auto* table = need<shunt_swapper_table>(SHUNT_SWAPPER_ID, answer);
  if (table == nullptr || table->on_swap_start == nullptr) return answer;
  BuiltSwap swap(builder);
  FakeCall asking(instance(), Stage::EvictionFor);
  answer.status = table->eviction_for(self(), asking.handle(), &swap.query(), &swap.plan());
  finish(answer, asking);
  if (answer.status != SHUNT_OK) return answer;
  FakeCall call(instance(), Stage::SwapStart);
  table->on_swap_start(self(), call.handle(), &swap.query(), &swap.plan(), ticket);
  finish(answer, call);
  return answer;
}

}  // namespace shunt::testing
