// SPDX-License-Identifier: Apache-2.0
// extension_calls.cpp: the calls of PluginUnderTest into producers, observers, extractors and explainers.
#include <shunt/testing/plugin_under_test.hpp>

#include <algorithm>
#include <cstddef>

#include "call_frame.hpp"
#include "text.hpp"

namespace shunt::testing {

namespace {

// The arrays of one output of produce().
struct OutputColumn {
  OutputColumn(std::uint32_t of_type, std::size_t rows) : type(of_type), numbers(rows), flags(rows), valid(rows) {}

  shunt_output raw() {
    void* data = flags.data();
    if (type == SHUNT_COLUMN_NUMBER) data = numbers.data();
    return {sizeof(shunt_output), type, SHUNT_OUTPUT_ABSENT, static_cast<std::uint32_t>(valid.size()), data,
            valid.data()};
  }
  bool intact() const { return numbers.intact() && flags.intact() && valid.intact(); }
  // What the plugin left, given the state that it set.
  std::vector<std::optional<double>> content(std::uint32_t state) const {
    std::vector<std::optional<double>> column(valid.size());
    for (std::size_t i = 0; i < column.size(); ++i) {
      const bool partial = state == SHUNT_OUTPUT_PARTIAL && valid[i] == 1;
      if (state == SHUNT_OUTPUT_ALL || partial) column[i] = type == SHUNT_COLUMN_NUMBER ? numbers[i] : flags[i];
    }
    return column;
  }

  std::uint32_t type;
  PaddedArray<double> numbers;
  PaddedArray<std::uint8_t> flags;
  PaddedArray<std::uint8_t> valid;
};

std::uint32_t primary_result(const FinishedDecision& decision, const Surroundings& around) {
  if (decision.primary_result) return *decision.primary_result;
  for (std::size_t i = around.done.size(); i-- > 0;) {
    if (around.done[i].profile == decision.primary_profile) return static_cast<std::uint32_t>(i);
  }
  return SHUNT_NONE;
}

}  // namespace

Produced PluginUnderTest::produce(const EndpointSet& endpoints, const RequestBuilder& request,
                                  const Surroundings& around) {
  Produced answer;
  const auto* table = need<shunt_producer_table>(SHUNT_PRODUCER_ID, answer);
  if (table == nullptr) return answer;
  CallFrame frame = CallFrame::over_base(instance(), Stage::Produce, endpoints, request, around);
  std::vector<OutputColumn> columns;
  std::vector<std::string> names;
  for (const DeclaredOutput& output : declared().outputs) {
    if (output.scope != SHUNT_SCOPE_REQUEST) continue;
    columns.emplace_back(output.type, frame.view().size());
    names.push_back(output.name);
  }
  StridedArray<shunt_output> raw(columns.size());
  for (std::size_t slot = 0; slot < columns.size(); ++slot) raw[slot] = columns[slot].raw();
  answer.status = table->produce(self(), &frame.cycle(), &frame.view().raw(), raw.data(),
                                 static_cast<std::uint32_t>(columns.size()),
                                 static_cast<std::uint32_t>(StridedArray<shunt_output>::kStride));
  static_cast<Notes&>(answer) = frame.call().notes;
  for (std::size_t slot = 0; slot < columns.size(); ++slot) {
    answer.intact = answer.intact && columns[slot].intact();
    const std::uint32_t state = answer.status == SHUNT_OK ? raw[slot].state : SHUNT_OUTPUT_ABSENT;
    answer.columns[names[slot]] = columns[slot].content(state);
  }
  frame.finish(answer);
  for (const DeclaredValue& value : declared().output_values) {
    // Values may have been set before the failure: half a result is none.
    if (answer.status != SHUNT_OK) fake_host().clear_value(value.name);
    const auto found = fake_host().values().find(value.name);
    if (found != fake_host().values().end()) answer.values.insert(*found);
  }
  return answer;
}

Annotated PluginUnderTest::picked(const EndpointSet& endpoints, const RequestBuilder& request,
                                  const FinishedDecision& decision, const Surroundings& around) {
  Annotated answer;
  const auto* table = need<shunt_observer_table>(SHUNT_OBSERVER_ID, answer);
  if (table == nullptr || table->picked == nullptr) return answer;
  CallFrame frame = CallFrame::over_base(instance(), Stage::Picked, endpoints, request, around);
  shunt_decision raw{};
  raw.size = sizeof raw;
  raw.outcome = decision.outcome;
  raw.primary_profile = decision.primary_profile;
  raw.primary_result = primary_result(decision, around);
  raw.http_status = decision.http_status;
  raw.n_results = frame.cycle().n_done;
  raw.results = frame.cycle().done;
  raw.result_stride = frame.cycle().done_stride;
  table->picked(self(), &frame.cycle(), &frame.view().raw(), &raw);
  static_cast<Notes&>(answer) = frame.call().notes;
  frame.finish(answer);
  return answer;
}

Answer PluginUnderTest::events(const EndpointSet& endpoints, const std::vector<Event>& batch) {
  Answer answer;
  const auto* table = need<shunt_observer_table>(SHUNT_OBSERVER_ID, answer);
  if (table == nullptr || table->events == nullptr) return answer;
  know(fake_host(), endpoints);
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

Answer PluginUnderTest::extract(const EndpointSet& endpoints, std::string_view endpoint, const FetchedPage& page) {
  Answer answer;
  const auto* table = need<shunt_extractor_table>(SHUNT_EXTRACTOR_ID, answer);
  if (table == nullptr) return answer;
  if (!fetches(page.path)) {
    answer.status = SHUNT_UNSUPPORTED;
    answer.error = "the plugin did not ask for the page \"" + page.path + "\" with fetch()";
    return answer;
  }
  know(fake_host(), endpoints);
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

bool PluginUnderTest::fetches(std::string_view path) const {
  return std::any_of(declared().pages.begin(), declared().pages.end(),
                     [path](const DeclaredPage& page) { return page.path == path; });
}

Reasons PluginUnderTest::explain(const EndpointSet& endpoints, const RequestBuilder& request,
                                 std::string_view interface_id, const Surroundings& around) {
  Reasons answer;
  const auto* table = need<shunt_explain_table>(SHUNT_EXPLAIN_ID, answer);
  if (table == nullptr) return answer;
  CallFrame frame = CallFrame::in_profile(instance(), Stage::Hot, endpoints, request, around);
  PaddedArray<shunt_str> reasons(frame.view().size(), shunt_str{nullptr, 0});
  const shunt_str id{interface_id.data(), interface_id.size()};
  answer.status = table->explain(self(), &frame.cycle(), &frame.view().raw(), id, reasons.data());
  answer.intact = reasons.intact();
  // As much as the host keeps.
  for (const shunt_str text : reasons.elements()) answer.texts.push_back(detail::copy(text).substr(0, 200));
  frame.finish(answer);
  return answer;
}

}  // namespace shunt::testing
