// SPDX-License-Identifier: Apache-2.0
// plugin_under_test.hpp: one instance of a plugin, created and called as the host does it, without a host.
//
//   FakeHost host;
//   PluginUnderTest plugin(shunt_library_entry_v1, "queue-scorer", "{}", host);
//   ASSERT_TRUE(plugin.created()) << plugin.creation().error;
//   EXPECT_THAT(plugin.score(endpoints, request).values, ElementsAre(1.0, 0.5));
#pragma once

#include <shunt/testing/event_builder.hpp>
#include <shunt/testing/plugin_instance.hpp>
#include <shunt/testing/swap_builder.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::testing {

// A page for extract().
struct FetchedPage {
  std::string path = "/metrics";            // one that the plugin asked for
  std::string body{};                       // absent in a failed fetch
  std::uint32_t http_status = 200;          // 0: the fetch failed
  std::string content_type = "text/plain";  // absent in a failed fetch
  std::int64_t fetched_ns = 1'000'000'000;  // on the clock of now_ns
  std::uint32_t port = 0;                   // 0: the endpoint's own
};

// A finished decision for picked().
struct FinishedDecision {
  std::uint32_t outcome = SHUNT_OUTCOME_DISPATCHED;  // SHUNT_OUTCOME_*
  std::uint32_t primary_profile = 0;                 // index
  std::optional<std::uint32_t> primary_result{};     // nothing: the last result of the primary profile
  std::uint32_t http_status = 0;                     // of a rejection
};

// An instance and its calls. An interface that it does not offer is SHUNT_UNSUPPORTED, and so no success.
class PluginUnderTest : public PluginInstance {
 public:
  // (entry function or shunt_plugin*, type, parameters as JSON, host, instance name): see PluginInstance.
  using PluginInstance::PluginInstance;

  // ---- kinds

  // Calls a scorer with the candidates of `around`.
  Scores score(const EndpointSet& endpoints, const RequestBuilder& request, const Surroundings& around = {}) {
    Scores answer;
    const auto* table = need<shunt_scorer_table>(SHUNT_SCORER_ID, answer);
    if (table == nullptr) return answer;
    with_cycle(Stage::Hot, endpoints, request, around, answer, [&](auto& cycle, auto& view, FakeCall&) {
      PaddedArray<double> out(view.size(), std::numeric_limits<double>::quiet_NaN());
      answer.status = table->score(self(), &cycle.raw(), &view.raw(), out.data());
      answer.values.assign(out.elements().begin(), out.elements().end());
      answer.intact = out.intact();
    });
    return answer;
  }

  // Calls a filter with the candidates of `around`.
  Kept filter(const EndpointSet& endpoints, const RequestBuilder& request, const Surroundings& around = {}) {
    Kept answer;
    const auto* table = need<shunt_filter_table>(SHUNT_FILTER_ID, answer);
    if (table == nullptr) return answer;
    with_cycle(Stage::Hot, endpoints, request, around, answer, [&](auto& cycle, auto& view, FakeCall&) {
      PaddedArray<std::uint8_t> out(view.size(), 1);
      answer.status = table->filter(self(), &cycle.raw(), &view.raw(), out.data());
      answer.keep.assign(out.elements().begin(), out.elements().end());
      answer.intact = out.intact();
      for (std::size_t i = 0; i < view.size(); ++i) {
        if (answer.keep[i] != 0) answer.base_rows.push_back(view.base_rows()[i]);
      }
    });
    return answer;
  }

  // `totals` by candidate.
  Picked pick(const std::vector<double>& totals, const EndpointSet& endpoints, const RequestBuilder& request,
              const Surroundings& around = {}) {
    Picked answer;
    const auto* table = need<shunt_picker_table>(SHUNT_PICKER_ID, answer);
    if (table == nullptr) return answer;
    with_cycle(Stage::Hot, endpoints, request, around, answer, [&](auto& cycle, auto& view, FakeCall&) {
      if (totals.size() != view.size()) throw std::invalid_argument("pick() needs one total per candidate");
      PaddedArray<double> in(view.size());
      std::copy(totals.begin(), totals.end(), in.data());
      PaddedArray<std::uint32_t> out(view.size(), SHUNT_NONE);
      const auto capacity = static_cast<std::uint32_t>(view.size());
      std::uint32_t n = 0;
      answer.status = table->pick(self(), &cycle.raw(), &view.raw(), in.data(), out.data(), capacity, &n);
      answer.intact = in.intact() && out.intact() && n <= capacity;
      answer.rows.assign(out.data(), out.data() + std::min(n, capacity));
      for (const std::uint32_t row : answer.rows) {
        if (row < view.size()) answer.base_rows.push_back(view.base_rows()[row]);
      }
    });
    return answer;
  }

  // `around.done` holds the results so far. Published values stay in the host for the next call. The list has room for
  // every profile of the host, or as `room` says; an answer that names a profile beyond them is not intact.
  NextProfiles pick_profiles(const EndpointSet& endpoints, const RequestBuilder& request,
                             const Surroundings& around = {}, std::optional<std::uint32_t> room = std::nullopt) {
    NextProfiles answer;
    const auto* table = need<shunt_profile_handler_table>(SHUNT_PROFILE_HANDLER_ID, answer);
    if (table == nullptr) return answer;
    with_base(Stage::PickProfiles, endpoints, request, around, answer,
              [&](BuiltCycle& cycle, const BuiltView& view, FakeCall& call) {
                const std::uint32_t profiles = fake_host().profile_count();
                const std::uint32_t capacity = room.value_or(std::max(profiles, 1u));
                const std::uint32_t known = profiles > 0 ? profiles : capacity;
                PaddedArray<std::uint32_t> next(capacity, SHUNT_NONE);
                std::uint32_t n = 0;
                answer.status = table->pick_profiles(self(), &cycle.raw(), &view.raw(), next.data(), capacity, &n);
                answer.profiles.assign(next.data(), next.data() + std::min(n, capacity));
                answer.intact = next.intact() && n <= capacity &&
                                std::all_of(answer.profiles.begin(), answer.profiles.end(),
                                            [known](std::uint32_t profile) { return profile < known; });
                static_cast<Notes&>(answer) = call.notes;
              });
    return answer;
  }

  // `around.done` holds all results.
  Verdict process_results(const EndpointSet& endpoints, const RequestBuilder& request, const Surroundings& around) {
    Verdict answer;
    const auto* table = need<shunt_profile_handler_table>(SHUNT_PROFILE_HANDLER_ID, answer);
    if (table == nullptr) return answer;
    with_base(Stage::ProcessResults, endpoints, request, around, answer,
              [&](BuiltCycle& cycle, const BuiltView& view, FakeCall& call) {
                shunt_outcome outcome{};
                outcome.size = sizeof outcome;
                outcome.primary_result = SHUNT_NONE;
                answer.status = table->process_results(self(), &cycle.raw(), &view.raw(), &outcome);
                answer.primary_result = outcome.primary_result;
                answer.rejected = outcome.reject != 0;
                answer.http_status = outcome.http_status;
                answer.code = FakeServices::copy(outcome.code);
                answer.reason = FakeServices::copy(outcome.reason);
                static_cast<Notes&>(answer) = call.notes;
                answer.replaced_picks = call.replaced_picks;
              });
    return answer;
  }

  // Calls a swapper.
  Eviction eviction_for(const SwapBuilder& builder) {
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
    answer.reason = FakeServices::copy(plan.reason).substr(0, 1024);  // as much as the host keeps
    finish(answer, call);
    return answer;
  }

  // The plan is asked for first, as the host does.
  Answer swap_start(const SwapBuilder& builder, std::uint64_t ticket) {
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

  // ---- extensions

  // Calls a producer, over all endpoints. Values stay in the host for the next call.
  Produced produce(const EndpointSet& endpoints, const RequestBuilder& request, const Surroundings& around = {});

  // Tells an observer of a decision whose runs are `around.done`.
  Annotated picked(const EndpointSet& endpoints, const RequestBuilder& request, const FinishedDecision& decision,
                   const Surroundings& around) {
    Annotated answer;
    const auto* table = need<shunt_observer_table>(SHUNT_OBSERVER_ID, answer);
    if (table == nullptr || table->picked == nullptr) return answer;
    with_base(Stage::Picked, endpoints, request, around, answer,
              [&](BuiltCycle& cycle, const BuiltView& view, FakeCall& call) {
                shunt_decision raw{};
                raw.size = sizeof raw;
                raw.outcome = decision.outcome;
                raw.primary_profile = decision.primary_profile;
                raw.primary_result = primary_result(decision, around);
                raw.http_status = decision.http_status;
                raw.n_results = cycle.raw().n_done;
                raw.results = cycle.raw().done;
                raw.result_stride = cycle.raw().done_stride;
                table->picked(self(), &cycle.raw(), &view.raw(), &raw);
                static_cast<Notes&>(answer) = call.notes;
              });
    return answer;
  }

  // Delivers those events that the plugin wants, as one batch. Request state ends with `completed`.
  Answer events(const EndpointSet& endpoints, const std::vector<Event>& batch) {
    Answer answer;
    const auto* table = need<shunt_observer_table>(SHUNT_OBSERVER_ID, answer);
    if (table == nullptr || table->events == nullptr) return answer;
    know(endpoints);
    StridedArray<shunt_event> raw(batch.size());
    std::uint32_t n = 0;
    for (const Event& event : batch) {
      const shunt_event content = event.raw();
      if ((table->wants & SHUNT_EVENT_BIT(content.type)) == 0) continue;
      raw[n] = content;
      // A request that this instance has not seen in a call has no state.
      if (content.request != nullptr) raw[n].request_state = instance().known_request_state(content.request->number);
      ++n;
    }
    FakeCall call(instance(), Stage::Events);
    constexpr auto kStride = static_cast<std::uint32_t>(StridedArray<shunt_event>::kStride);
    if (n > 0) table->events(self(), call.handle(), raw.data(), n, kStride);
    finish(answer, call);
    for (const Event& event : batch) {
      const shunt_event content = event.raw();
      if (content.type == SHUNT_EVENT_COMPLETED && content.request != nullptr) {
        instance().request_states.erase(content.request->number);
      }
    }
    return answer;
  }

  // Cells that it writes are in host.cells(); endpoints.apply(host.take_cells()) makes the next snapshot of them.
  Answer extract(const EndpointSet& endpoints, std::string_view endpoint, const FetchedPage& page) {
    Answer answer;
    const auto* table = need<shunt_extractor_table>(SHUNT_EXTRACTOR_ID, answer);
    if (table == nullptr) return answer;
    if (!fetches(page.path)) {
      answer.status = SHUNT_UNSUPPORTED;
      answer.error = "the plugin did not ask for the page \"" + page.path + "\" with fetch()";
      return answer;
    }
    know(endpoints);
    const RequestBuilder nobody;
    const std::uint32_t row = endpoints.row(endpoint);
    const BuiltView view(instance(), endpoints, nobody.raw(), Rows{row});
    shunt_page raw{};
    raw.size = sizeof raw;
    raw.http_status = page.http_status;
    raw.path = {page.path.data(), page.path.size()};
    raw.content_type = {page.content_type.data(), page.content_type.size()};
    raw.body = {page.body.data(), page.body.size()};
    raw.endpoint_name = {endpoint.data(), endpoint.size()};
    raw.endpoint = endpoints.key(row);
    raw.fetched_ns = page.fetched_ns;
    raw.row = &view.raw();
    raw.port = page.port;
    if (page.http_status == 0) raw.content_type = raw.body = {nullptr, 0};
    FakeCall call(instance(), Stage::Events);
    answer.status = table->extract(self(), call.handle(), &raw);
    answer.intact = view.intact();
    finish(answer, call);
    return answer;
  }

  // The plugin has asked for this page.
  bool fetches(std::string_view path) const {
    return std::any_of(declared().pages.begin(), declared().pages.end(),
                       [path](const DeclaredPage& page) { return page.path == path; });
  }

  // Asks for reasons, as after a call of `interface_id`.
  Reasons explain(const EndpointSet& endpoints, const RequestBuilder& request, std::string_view interface_id,
                  const Surroundings& around = {}) {
    Reasons answer;
    const auto* table = need<shunt_explain_table>(SHUNT_EXPLAIN_ID, answer);
    if (table == nullptr) return answer;
    with_cycle(Stage::Hot, endpoints, request, around, answer, [&](auto& cycle, auto& view, FakeCall&) {
      PaddedArray<shunt_str> reasons(view.size(), shunt_str{nullptr, 0});
      const shunt_str id{interface_id.data(), interface_id.size()};
      answer.status = table->explain(self(), &cycle.raw(), &view.raw(), id, reasons.data());
      answer.intact = reasons.intact();
      // As much as the host keeps.
      for (const shunt_str text : reasons.elements()) answer.texts.push_back(FakeServices::copy(text).substr(0, 200));
    });
    return answer;
  }

 private:
  static std::uint32_t primary_result(const FinishedDecision& decision, const Surroundings& around) {
    if (decision.primary_result) return *decision.primary_result;
    for (std::size_t i = around.done.size(); i-- > 0;) {
      if (around.done[i].profile == decision.primary_profile) return static_cast<std::uint32_t>(i);
    }
    return SHUNT_NONE;
  }
};

inline Produced PluginUnderTest::produce(const EndpointSet& endpoints, const RequestBuilder& request,
                                         const Surroundings& around) {
  Produced answer;
  const auto* table = need<shunt_producer_table>(SHUNT_PRODUCER_ID, answer);
  if (table == nullptr) return answer;
  std::vector<DeclaredOutput> outputs;
  for (const DeclaredOutput& output : declared().outputs) {
    if (output.scope == SHUNT_SCOPE_REQUEST) outputs.push_back(output);
  }
  with_base(Stage::Produce, endpoints, request, around, answer,
            [&](BuiltCycle& cycle, const BuiltView& view, FakeCall& call) {
              StridedArray<shunt_output> raw(outputs.size());
              std::vector<PaddedArray<double>> numbers;
              std::vector<PaddedArray<std::uint8_t>> flags;
              std::vector<PaddedArray<std::uint8_t>> valid;
              for (std::size_t slot = 0; slot < outputs.size(); ++slot) {
                numbers.emplace_back(view.size(), 0.0);
                flags.emplace_back(view.size(), std::uint8_t{0});
                valid.emplace_back(view.size(), std::uint8_t{0});
                void* data = flags.back().data();
                if (outputs[slot].type == SHUNT_COLUMN_NUMBER) data = numbers.back().data();
                raw[slot] = {sizeof(shunt_output),
                             outputs[slot].type,
                             SHUNT_OUTPUT_ABSENT,
                             static_cast<std::uint32_t>(view.size()),
                             data,
                             valid.back().data()};
              }
              answer.status = table->produce(self(), &cycle.raw(), &view.raw(), raw.data(),
                                             static_cast<std::uint32_t>(outputs.size()),
                                             static_cast<std::uint32_t>(StridedArray<shunt_output>::kStride));
              static_cast<Notes&>(answer) = call.notes;
              for (std::size_t slot = 0; slot < outputs.size(); ++slot) {
                answer.intact = answer.intact && numbers[slot].intact() && flags[slot].intact() && valid[slot].intact();
                std::vector<std::optional<double>>& column = answer.columns[outputs[slot].name];
                for (std::size_t i = 0; i < view.size(); ++i) {
                  const bool partial = raw[slot].state == SHUNT_OUTPUT_PARTIAL && valid[slot][i] == 1;
                  const bool present = answer.status == SHUNT_OK && (raw[slot].state == SHUNT_OUTPUT_ALL || partial);
                  const double content = outputs[slot].type == SHUNT_COLUMN_NUMBER ? numbers[slot][i] : flags[slot][i];
                  column.push_back(present ? std::optional<double>(content) : std::nullopt);
                }
              }
            });
  for (const DeclaredValue& value : declared().output_values) {
    // Values may have been set before the failure: half a result is none.
    if (answer.status != SHUNT_OK) fake_host().clear_value(value.name);
    const auto found = fake_host().values().find(value.name);
    if (found != fake_host().values().end()) answer.values.insert(*found);
  }
  return answer;
}

}  // namespace shunt::testing
